"""A project, whose schema says which tables it has, and the rows of all of them."""
import uuid

from django.db import models


class Project(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=200)
    schema_name = models.SlugField(max_length=63, unique=True)
    framework = models.CharField(max_length=10, default='react')
    # {"locale": …, "tables": {…}}; null until somebody has described a table.
    schema = models.JSONField(null=True, blank=True)
    # Whether its rows are for people with an account only.
    is_private = models.BooleanField(default=False)

    # What the deployment server says; nobody else writes these.
    frontend_url = models.URLField(blank=True, default='')
    deployment_status = models.CharField(max_length=20, default='created')
    deployment_error = models.TextField(blank=True, default='')
    deployed_schema = models.JSONField(null=True, blank=True)

    def document(self):
        """`schema.json`, as the deployment server reads it."""
        return {
            'project': {'id': str(self.id), 'name': self.name, 'schema_name': self.schema_name},
            'framework': self.framework,
            **(self.schema or {}),
        }

    def fields_of(self, table):
        """The fields of a table; null where there is no such table."""
        found = (self.schema or {}).get('tables', {}).get(table)
        if found is None:
            return None
        fields = found['fields']
        if isinstance(fields, dict):
            return [{'name': name, **field} for name, field in fields.items()]
        return fields


class Row(models.Model):
    project = models.ForeignKey(Project, on_delete=models.CASCADE)
    table = models.CharField(max_length=63)
    # As DRF shows them: dates and decimals are text, a relation is the other row's key.
    data = models.JSONField()
