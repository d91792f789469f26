"""manage.py create_api_client"""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from api.clients import create_client, create_token
from operations.cli.base_command import ReportingCommand


class Command(ReportingCommand):
    help = (
        "Create an API client and print its token, once: only a hash of it is stored. "
        "Requests carry it as `Authorization: Bearer TOKEN`."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="user name of the client: letters, digits and @/./+/-/_")
        parser.add_argument(
            "--permission",
            metavar="APP.CODENAME",
            dest="permissions",
            action="extend",
            nargs="+",
            default=[],
            help="what it may do beyond placing and reading its own orders, such as orders.set_price; with orders of "
            "others it does something only if it also has orders.view_order, with invoices invoicing.view_invoice",
        )
        parser.add_argument(
            "--new-token", action="store_true", help="give a client that there is another token; older ones stay good"
        )

    def handle(self, *, name: str, permissions: list[str], new_token: bool, **options: Any) -> None:
        if new_token and permissions:
            raise CommandError("--new-token changes no permissions: grant them in the admin")
        token = create_token(name=name) if new_token else create_client(name=name, permissions=permissions)
        self.stdout.write(token)
