"""Projects for their administrators; the schema and the rows of each for everybody."""
import json

from django.db.models import FloatField
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast
from django.http import Http404
from rest_framework.authentication import BasicAuthentication
from rest_framework.decorators import action, api_view
from rest_framework.filters import OrderingFilter, SearchFilter
from rest_framework.generics import get_object_or_404
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import BasePermission, IsAdminUser
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from .models import Project, Row
from .serializers import ProjectSerializer, build_serializer
from .signals import update
from .slipway import read_status

SEARCHED = ('string', 'text', 'email', 'url', 'uuid', 'choice')


class ProjectViewSet(ModelViewSet):
    """Where projects are made and changed; the signal does the rest."""

    queryset = Project.objects.order_by('name')
    serializer_class = ProjectSerializer
    authentication_classes = [BasicAuthentication]
    permission_classes = [IsAdminUser]

    @action(detail=True, url_path='deployment-status')
    def deployment_status(self, request, pk=None):
        project = self.get_object()
        status = read_status(project)
        update(
            project,
            deployment_status=status['status'],
            frontend_url=status.get('frontend_url') or '',
        )
        return Response(status)


@api_view()
def answer_schema(request, project_id):
    """What SCHEMA_PULL reads; not found until somebody has described a table."""
    project = get_object_or_404(Project, pk=project_id, schema__isnull=False)
    return Response(project.document())


class RowPages(PageNumberPagination):
    page_size = 20
    page_size_query_param = 'page_size'
    max_page_size = 200


class RowSearch(SearchFilter):
    def get_search_fields(self, view, request):
        return [f'data__{field["name"]}' for field in view.fields if field['type'] in SEARCHED]


class RowOrdering(OrderingFilter):
    def filter_queryset(self, request, queryset, view):
        names = self.get_ordering(request, queryset, view) or []
        return queryset.order_by(*[order_by(view.fields, name) for name in names], 'pk')

    def get_valid_fields(self, queryset, view, context=None):
        return [('id', 'id'), *((field['name'], field['name']) for field in view.fields)]


def order_by(fields, term):
    name = term.lstrip('-')
    if name == 'id':
        return term
    kind = next(field['type'] for field in fields if field['name'] == name)
    # Decimals are kept as text.
    key = (
        Cast(KeyTextTransform(name, 'data'), FloatField())
        if kind == 'decimal'
        else KeyTransform(name, 'data')
    )
    return key.desc() if term.startswith('-') else key.asc()


def read_json(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


class MayUseProject(BasePermission):
    def has_permission(self, request, view):
        return not view.project.is_private or request.user.is_authenticated


class RowViewSet(ModelViewSet):
    """The rows of one table, whose fields are those of the project's schema now."""

    pagination_class = RowPages
    permission_classes = [MayUseProject]
    filter_backends = [RowSearch, RowOrdering]
    lookup_value_regex = r'\d+'

    def initial(self, request, *args, project_id, table, **kwargs):
        self.project = get_object_or_404(Project, pk=project_id)
        self.table = table
        self.fields = self.project.fields_of(table)
        if self.fields is None:
            raise Http404
        super().initial(request, *args, **kwargs)

    def get_queryset(self):
        rows = Row.objects.filter(project=self.project, table=self.table)
        # `?status=new`: the rows that have this value.
        for field in self.fields:
            text = self.request.query_params.get(field['name'])
            if text is not None:
                value = text if field['type'] in SEARCHED else read_json(text)
                rows = rows.filter(**{f'data__{field["name"]}': value})
        return rows

    def get_serializer_class(self):
        return build_serializer(self.project, self.table)
