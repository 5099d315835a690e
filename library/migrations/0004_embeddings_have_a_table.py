from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("library", "0003_fill_what_is_derived")]
    operations = [migrations.RemoveField(model_name="prediction", name="embedding")]
