"""A saved Project is deployed: the one thing that a platform has to do for Slipway."""
from django.conf import settings
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from .models import Project
from .slipway import SlipwayRefused, create_project, put_schema


@receiver(post_save, sender=Project)
def auto_deploy_frontend(sender, instance, created, **kwargs):
    if settings.SLIPWAY_MOMENT == 'after':
        transaction.on_commit(lambda: deploy_frontend(instance, created))
    else:
        # As many platforms do. Whoever comes back for the schema can't see it yet.
        deploy_frontend(instance, created)


def deploy_frontend(project, created):
    try:
        if created:
            remember(project, create_project(project))
        elif project.schema is not None and project.document() != project.deployed_schema:
            remember(project, put_schema(project))
    except SlipwayRefused as refusal:
        # The project is saved all the same, and the next save tries again.
        update(project, deployment_status='failed', deployment_error=str(refusal))


def remember(project, answer):
    update(
        project,
        frontend_url=answer.get('frontend_url') or project.frontend_url,
        deployment_status=answer['status'],
        deployment_error='',
        deployed_schema=project.document(),
    )


def update(project, **values):
    """Not by `save`, which would be this signal again."""
    Project.objects.filter(pk=project.pk).update(**values)
    for name, value in values.items():
        setattr(project, name, value)
