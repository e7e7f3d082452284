/** Every name that may be set in the environment, with its default and what may stand there. */

interface Setting {
  readonly fallback: string
  readonly expected: string
}

/** Every name that may be set, in the README's order. */
export const settings = {
  FRONTEND_DOMAIN: setting('localhost', 'a domain such as example.org'),
  FRONTEND_BUILD_ROOT: setting('/tmp/nocode_builds', 'an absolute folder'),
  NGINX_SITES_DIR: setting('/etc/nginx/sites-available', 'an absolute folder'),
  NGINX_WWW_ROOT: setting('/var/www/apps', 'an absolute folder'),
  SSL_EMAIL: setting('', 'an e-mail address'),
  BACKEND_URL: setting('http://localhost:8000', 'an http or https URL without a path'),
  SLIPWAY_DATA: setting('/var/lib/slipway', 'an absolute folder'),
  SLIPWAY_LISTEN: setting('127.0.0.1:7080', 'an address and a port, such as 127.0.0.1:7080'),
  SLIPWAY_PUBLIC_URL: setting('', 'an http or https URL'),
  NGINX_MODE: setting('system', 'system or managed'),
  NGINX_HTTP_PORT: setting('80', 'a port from 1 to 65535'),
  NGINX_HTTPS_PORT: setting('443', 'a port from 1 to 65535'),
  BUILD_CONCURRENCY: setting('', 'a number from 1 to 64'),
  INSTALL_TIMEOUT: setting('300', 'seconds from 1 to 86400'),
  BUILD_TIMEOUT: setting('600', 'seconds from 1 to 86400'),
  BUILD_MEMORY: setting('2g', 'a size such as 512m or 2g'),
  BUILD_CPUS: setting('2', 'a number from 1 to 256'),
  BUILD_PIDS: setting('512', 'a number from 16 to 65536'),
  BUILD_DISK: setting('4g', 'a size such as 512m or 4g'),
  KEEP_RELEASES: setting('5', 'a number from 1 to 1000'),
  STORAGE_QUOTA: setting('1g', 'a size such as 512m or 1g'),
  ACME_DIRECTORY: setting(
    'https://acme-v02.api.letsencrypt.org/directory',
    'an https URL, local or off',
  ),
  ACME_CA_FILE: setting('', 'an absolute path'),
  ACME_CHALLENGE: setting('http-01', 'http-01, or dns-01 with ACME_DNS'),
  ACME_DNS: setting('', 'rfc2136, or exec: and the absolute path of a program'),
  ACME_DNS_SERVER: setting('127.0.0.1:53', 'an address and a port, such as 192.0.2.1:53'),
  ACME_DNS_ZONE: setting('', 'a domain such as example.org'),
  ACME_DNS_KEY_FILE: setting('', 'an absolute path'),
  ACME_DNS_WAIT: setting('0', 'seconds from 0 to 3600'),
  HSTS: setting('0', 'seconds from 0 to 63072000'),
  DOMAIN_RESOLVERS: setting('', 'addresses, such as 192.0.2.53,192.0.2.54:5353'),
  SCHEMA_PULL: setting('off', 'on or off'),
  SLIPWAY_LIMITS: setting('required', 'required or best-effort'),
  SLIPWAY_RATE_LIMITS: setting('on', 'on or off'),
  SLIPWAY_SANDBOX: setting('required', 'required or off'),
} as const satisfies Record<string, Setting>

export type SettingName = keyof typeof settings

function setting(fallback: string, expected: string): Setting {
  return { fallback, expected }
}
