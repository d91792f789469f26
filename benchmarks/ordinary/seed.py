"""Tables, catalogue and a client; prints the client's token. `python -m benchmarks.ordinary.seed`"""

import csv
import io
import os

import django


def seed() -> str:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.ordinary.settings")
    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from rest_framework.authtoken.models import Token

    from benchmarks.orders import catalogue_csv
    from benchmarks.ordinary.models import Product

    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)  # the own tables, which point to those of above
    Product.objects.bulk_create(
        Product(sku=row["sku"], name=row["name"], price=row["unit_price"], tax_rate=row["tax_rate"])
        for row in csv.DictReader(io.StringIO(catalogue_csv()))
    )
    return Token.objects.create(user=User.objects.create_user("benchmark")).key


if __name__ == "__main__":
    print(seed())
