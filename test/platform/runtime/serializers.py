"""DRF serializers made from a schema, so that what is refused is refused in DRF's words."""
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import FileExtensionValidator
from rest_framework import serializers
from rest_framework.validators import UniqueValidator

from .models import Project, Row

IMAGES = ['png', 'jpg', 'jpeg', 'gif', 'webp', 'svg']


class ProjectSerializer(serializers.ModelSerializer):
    class Meta:
        model = Project
        fields = '__all__'
        read_only_fields = [
            'frontend_url',
            'deployment_status',
            'deployment_error',
            'deployed_schema',
        ]


class RowSerializer(serializers.Serializer):
    """The base of every table's: a row keeps what DRF shows of its values, as JSON."""

    def get_fields(self):
        fields = super().get_fields()
        for name in self.UNIQUE:
            fields[name].validators.append(UniqueInTable(self.ROWS))
        return fields

    def create(self, values):
        view = self.context['view']
        return Row.objects.create(project=view.project, table=view.table, data=self.to_kept(values))

    def update(self, row, values):
        row.data = {**row.data, **self.to_kept(values)}
        row.save()
        return row

    def to_kept(self, values):
        return {name: keep(self.fields[name], value) for name, value in values.items()}

    def to_representation(self, row):
        # Rows that are older than a field don't have it.
        empty = {
            name: [] if isinstance(field, serializers.ManyRelatedField) else None
            for name, field in self.fields.items()
        }
        return super().to_representation({**empty, **row.data, 'id': row.pk})


def keep(field, value):
    if isinstance(value, UploadedFile):
        return default_storage.save(value.name, value)
    return None if value is None else field.to_representation(value)


class RelatedRow(serializers.PrimaryKeyRelatedField):
    def to_representation(self, value):
        return value.pk if isinstance(value, Row) else value


class Upload(serializers.FileField):
    def to_representation(self, name):
        return self.context['request'].build_absolute_uri(default_storage.url(name))


class UniqueInTable(UniqueValidator):
    def __call__(self, value, serializer_field):
        super().__call__(serializer_field.to_representation(value), serializer_field)

    def filter_queryset(self, value, queryset, field_name):
        return queryset.filter(**{f'data__{field_name}': value})


def build_serializer(project, table):
    """The serializer class of a table."""
    fields = {'id': serializers.ReadOnlyField()}
    for field in project.fields_of(table):
        fields[field['name']] = build_field(project, field)
    unique = [field['name'] for field in project.fields_of(table) if field.get('unique')]
    rows = Row.objects.filter(project=project, table=table)
    # In capitals, so that no field of a schema has the same name.
    return type('TableSerializer', (RowSerializer,), {**fields, 'UNIQUE': unique, 'ROWS': rows})


def build_field(project, field):
    kind = field['type']
    words = {'label': field.get('label'), 'help_text': field.get('help_text')}
    if field.get('read_only'):
        return serializers.ReadOnlyField(**words)
    is_required = field.get('required', False)
    given = {**words, 'required': is_required}
    if kind == 'relations':
        given.update(many=True, allow_empty=not is_required)
    else:
        given['allow_null'] = not is_required
    if kind in ('string', 'text', 'email', 'url', 'choice'):
        given['allow_blank'] = not is_required
    if kind in ('string', 'text', 'email', 'url'):
        given['max_length'] = field.get('max_length')
    if kind in ('integer', 'float', 'decimal'):
        given.update(min_value=field.get('min'), max_value=field.get('max'))
    if kind == 'decimal':
        given.update(max_digits=18, decimal_places=field.get('decimal_places', 2))
    if kind == 'choice':
        given['choices'] = field['choices']
    if kind in ('relation', 'relations'):
        given['queryset'] = Row.objects.filter(project=project, table=field['to'])
    if kind == 'image':
        given['validators'] = [FileExtensionValidator(IMAGES)]
    return KINDS[kind](**given)


KINDS = {
    'string': serializers.CharField,
    'text': serializers.CharField,
    'integer': serializers.IntegerField,
    'float': serializers.FloatField,
    'decimal': serializers.DecimalField,
    'boolean': serializers.BooleanField,
    'date': serializers.DateField,
    'datetime': serializers.DateTimeField,
    'time': serializers.TimeField,
    'email': serializers.EmailField,
    'url': serializers.URLField,
    'uuid': serializers.UUIDField,
    'json': serializers.JSONField,
    'choice': serializers.ChoiceField,
    'relation': RelatedRow,
    'relations': RelatedRow,
    'file': Upload,
    'image': Upload,
}
