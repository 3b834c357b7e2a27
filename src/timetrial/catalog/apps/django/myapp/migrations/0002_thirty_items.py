# ruff: noqa: RUF012 - Django copies these lists
from django.db import migrations

ITEMS = 30


def add_items(apps, schema_editor):
    item = apps.get_model("myapp", "Item")
    item.objects.bulk_create(item(name=f"name{i}", value=i) for i in range(ITEMS))


def remove_items(apps, schema_editor):
    apps.get_model("myapp", "Item").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [("myapp", "0001_initial")]

    operations = [migrations.RunPython(add_items, remove_items)]
