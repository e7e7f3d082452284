"""`manage.py serve [PORT]`: makes the database and its user, then serves."""
import os
import sys
import threading

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = 'Makes the database and the user admin (password: admin), then serves on 127.0.0.1.'

    def add_arguments(self, parser):
        parser.add_argument('port', nargs='?', type=int, default=8000)
        parser.add_argument(
            '--until-stdin-ends',
            action='store_true',
            help='ends with the process that started it, however that ends',
        )

    def handle(self, port, until_stdin_ends, **options):
        if until_stdin_ends:
            threading.Thread(target=end_with_stdin, daemon=True).start()
        call_command('migrate', run_syncdb=True, verbosity=0)
        users = get_user_model().objects
        if not users.exists():
            users.create_superuser('admin', password='admin')
        call_command('runserver', f'127.0.0.1:{port}', use_reloader=False)


def end_with_stdin():
    sys.stdin.read()
    os._exit(0)
