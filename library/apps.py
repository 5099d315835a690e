from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "library"
    verbose_name = "Library"

    def ready(self) -> None:
        from library import checks  # noqa: F401 - registers itself
        from library.incoming.file_names import file_names_keep_blanks

        file_names_keep_blanks()
