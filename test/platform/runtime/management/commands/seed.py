"""`manage.py seed PROJECT`: fills the tables of example/schema.json, the same at every run."""
import random
from types import SimpleNamespace

from django.core.management.base import BaseCommand

from ...models import Project
from ...serializers import build_serializer

COUNTRIES = [
    ('France', 'FR'),
    ('Belgique', 'BE'),
    ('Suisse', 'CH'),
    ('Canada', 'CA'),
    ('Sénégal', 'SN'),
    ('Maroc', 'MA'),
]
CATEGORIES = ['Épicerie', 'Thés et cafés', 'Vaisselle', 'Linge', 'Papeterie']
PRODUCTS = [
    ('Miel de châtaignier', 0, '9.80', 0.5),
    ('Huile d’olive, 75 cl', 0, '16.50', 1.1),
    ('Thé à la menthe', 1, '7.20', 0.1),
    ('Café d’Éthiopie, en grains', 1, '14.00', 1.0),
    ('Théière en fonte', 2, '64.00', 2.4),
    ('Bol en grès', 2, '18.90', 0.4),
    ('Torchon en lin', 3, '12.00', 0.15),
    ('Nappe ronde', 3, '49.00', 0.8),
    ('Carnet ligné', 4, '6.50', 0.2),
    ('Encre bleu nuit', 4, '11.40', 0.1),
]
FIRST_NAMES = ['Amina', 'Louis', 'Fatou', 'Chloé', 'Youssef', 'Inès', 'Gaspard', 'Maëlle']
LAST_NAMES = ['Benali', 'Dubois', 'Diop', 'Lefèvre', 'Tremblay', 'Rochat', 'Peeters', 'Moreau']


class Command(BaseCommand):
    help = 'Fills the tables of example/schema.json, the same at every run.'

    def add_arguments(self, parser):
        parser.add_argument('project', help='its schema_name')

    def handle(self, project, **options):
        project = Project.objects.get(schema_name=project)
        chance = random.Random(7)
        countries = [
            add_row(project, 'countries', name=name, code=code) for name, code in COUNTRIES
        ]
        categories = [add_row(project, 'categories', name=name) for name in CATEGORIES]
        products = [
            add_row(
                project,
                'products',
                name=name,
                category=categories[category],
                price=price,
                stock=chance.randint(0, 120),
                weight=weight,
                details={'origine': chance.choice(COUNTRIES)[0], 'fragile': category == 2},
            )
            for name, category, price, weight in PRODUCTS
        ]
        customers = [
            add_customer(project, chance, countries, categories, name=f'{first} {last}')
            for last in LAST_NAMES
            for first in FIRST_NAMES
        ]
        for number in range(1, 41):
            add_order(project, chance, number, chance.choice(customers), products)


def add_customer(project, chance, countries, categories, name):
    mailbox = name.lower().translate(str.maketrans('éèëï ', 'eeei.'))
    return add_row(
        project,
        'customers',
        name=name,
        email=f'{mailbox}@example.org',
        country=chance.choice(countries),
        status=chance.choice(['new', 'active', 'active', 'lost']),
        since=f'202{chance.randint(0, 5)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}',
        newsletter=chance.random() < 0.5,
        interests=chance.sample(categories, 2),
    )


def add_order(project, chance, number, customer, products):
    day, hour = chance.randint(1, 28), chance.randint(8, 18)
    add_row(
        project,
        'orders',
        reference=f'C-2025-{number:04}',
        customer=customer,
        products=chance.sample(products, chance.randint(1, 3)),
        placed_at=f'2025-11-{day:02}T{hour:02}:30:00Z',
        delivery_time=f'{hour}:00',
        total=f'{chance.randint(700, 25000) / 100:.2f}',
        paid=chance.random() < 0.7,
    )


def add_row(project, table, **values):
    """Answers its key. Fails where the schema would refuse it from a visitor."""
    context = {'view': SimpleNamespace(project=project, table=table)}
    serializer = build_serializer(project, table)(data=values, context=context)
    serializer.is_valid(raise_exception=True)
    return serializer.save().pk
