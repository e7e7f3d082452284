"""What the platform serves, all of it below /api/."""
from django.conf import settings
from django.conf.urls.static import static
from django.urls import include, path
from rest_framework.routers import SimpleRouter
from runtime.views import ProjectViewSet, RowViewSet, answer_schema

router = SimpleRouter()
router.register('projects', ProjectViewSet)
router.register(r'projects/(?P<project_id>[0-9a-f-]{36})/tables/(?P<table>\w+)', RowViewSet, 'row')

urlpatterns = [
    path('api/v1/runtime/projects/<uuid:project_id>/schema/', answer_schema),
    path('api/v1/runtime/', include(router.urls)),
    # DRF's own login page; it sets the cookies `sessionid` and `csrftoken`.
    path('api/auth/', include('rest_framework.urls')),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
