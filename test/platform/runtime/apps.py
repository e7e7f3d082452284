from django.apps import AppConfig


class RuntimeConfig(AppConfig):
    name = 'runtime'

    def ready(self):
        from . import signals  # noqa: F401
