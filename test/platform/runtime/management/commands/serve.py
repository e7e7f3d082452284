"""`manage.py serve [PORT]`: makes the database and its user, then serves."""
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand



class Command(BaseCommand):
    help = 'Makes the database and the user admin (password: admin), then serves on 127.0.0.1.'

    def add_arguments(self, parser):
        parser.add_argument('port', nargs='?', type=int, default=8000)

    def handle(self, port, **options):
        call_command('migrate', run_syncdb=True, verbosity=0)
        users = get_user_model().objects
        if not users.exists():
            users.create_superuser('admin', password='admin')
        call_command('runserver', f'127.0.0.1:{port}', use_reloader=False)
