"""A table for emails that wait. The addresses in rows of the job queue whose work is done are forgotten."""

from typing import Any

from django.db import migrations, models

#: Tasks whose arguments were an email address, under their names of all versions.
TASKS = [
    f"library.tasks.send_{name}"
    for name in (
        "password_reset_email",
        "password_reset_letter",
        "password_letter",
        "sign_up_email",
        "sign_up_letter",
    )
]


def forget_addresses(apps: Any, schema_editor: Any) -> None:
    DBTaskResult = apps.get_model("django_tasks_database", "DBTaskResult")
    done = DBTaskResult.objects.filter(task_path__in=TASKS, status__in=["SUCCESSFUL", "FAILED"]).order_by()
    while ids := list(done.values_list("pk", flat=True)[:1000]):
        DBTaskResult.objects.filter(pk__in=ids).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("library", "0033_base_models"),
        ("django_tasks_database", "0018_rename_succeeded_status"),
    ]

    operations = [
        migrations.CreateModel(
            name="PendingEmail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("sign_up", "Sign-up"), ("password_reset", "Password reset")], max_length=20
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="email address")),
                ("host", models.CharField(max_length=255, verbose_name="host name of the site")),
                ("secure", models.BooleanField(verbose_name="the site has HTTPS")),
                ("created_at", models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
        ),
        migrations.RunPython(forget_addresses, migrations.RunPython.noop),
    ]
