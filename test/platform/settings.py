"""Settings of the platform: SQLite and uploads below PLATFORM_DATA, which the test removes."""
import os
from pathlib import Path

DATA_DIR = Path(os.environ.get('PLATFORM_DATA', '/tmp/slipway-platform'))

# The deployment server that a saved Project is told to.
SLIPWAY_URL = os.environ.get('SLIPWAY_URL', 'http://127.0.0.1:7080')
SLIPWAY_TOKEN = os.environ.get('SLIPWAY_TOKEN', '')
# 'push': the schema is sent along. 'pull': Slipway fetches it from …/schema/ (SCHEMA_PULL=on).
SLIPWAY_SCHEMA = os.environ.get('SLIPWAY_SCHEMA', 'push')
# 'after': once what was saved is committed. 'inside': while the transaction is still open.
SLIPWAY_MOMENT = os.environ.get('SLIPWAY_MOMENT', 'after')

SECRET_KEY = 'for tests only'
DEBUG = True
ALLOWED_HOSTS = ['127.0.0.1', 'localhost', '.localhost']
ROOT_URLCONF = 'urls'
USE_TZ = True
TIME_ZONE = 'UTC'
DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'

INSTALLED_APPS = [
    'django.contrib.auth',
    'django.contrib.contenttypes',
    'django.contrib.sessions',
    'django.contrib.staticfiles',
    'rest_framework',
    'runtime',
]
MIDDLEWARE = [
    'django.contrib.sessions.middleware.SessionMiddleware',
    # DRF tells its errors in the language that the browser asks for.
    'django.middleware.locale.LocaleMiddleware',
    'django.middleware.common.CommonMiddleware',
    'django.middleware.csrf.CsrfViewMiddleware',
    'django.contrib.auth.middleware.AuthenticationMiddleware',
]
TEMPLATES = [
    {
        'BACKEND': 'django.template.backends.django.DjangoTemplates',
        'APP_DIRS': True,
        'OPTIONS': {'context_processors': ['django.template.context_processors.request']},
    }
]
DATABASES = {
    'default': {
        'ENGINE': 'django.db.backends.sqlite3',
        'NAME': DATA_DIR / 'platform.sqlite3',
        'OPTIONS': {'timeout': 20},
        'ATOMIC_REQUESTS': True,
    }
}
# Below /api/, since that is all of the platform that a deployed app can reach.
STATIC_URL = '/api/static/'
MEDIA_URL = '/api/media/'
MEDIA_ROOT = DATA_DIR / 'media'
LOGIN_REDIRECT_URL = '/'

REST_FRAMEWORK = {
    'DEFAULT_AUTHENTICATION_CLASSES': ['rest_framework.authentication.SessionAuthentication'],
}
