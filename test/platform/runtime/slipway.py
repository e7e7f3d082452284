"""The deployment server's REST, as far as a platform needs it."""
import json
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from django.conf import settings


class SlipwayRefused(Exception):
    """What the server said, or that it said nothing."""


def create_project(project):
    body = {
        'id': str(project.id),
        'name': project.name,
        'schema_name': project.schema_name,
        'framework': project.framework,
    }
    if settings.SLIPWAY_SCHEMA == 'push' and project.schema is not None:
        body['schema'] = project.document()
    return call('POST', '/projects/', body)


def put_schema(project):
    return call('PUT', f'/projects/{project.id}/schema/', project.document())


def read_status(project):
    return call('GET', f'/projects/{project.id}/deployment-status')


def call(method, path, body=None):
    request = Request(
        f'{settings.SLIPWAY_URL}/api/v1/runtime{path}',
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            'Authorization': f'Bearer {settings.SLIPWAY_TOKEN}',
            'Content-Type': 'application/json',
        },
    )
    try:
        with urlopen(request, timeout=20) as response:
            return json.load(response)
    except HTTPError as error:
        raise SlipwayRefused(error.read().decode(errors='replace')) from error
    except (URLError, OSError) as error:
        raise SlipwayRefused(f'{settings.SLIPWAY_URL} does not answer: {error}') from error
