from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "library"
    verbose_name = "Library"

    def ready(self) -> None:
        from library import checks  # noqa: F401 - registers itself
        from library.incoming.file_names import api_file_names_as_sent

        api_file_names_as_sent()
