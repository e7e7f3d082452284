import { expect, test } from 'vitest'
import {
  buildSandboxOptions,
  type SandboxPlaces,
  type SandboxRun,
} from '../../src/build/sandbox-command.ts'

const registry = {
  registry: 'https://registry.example/',
  cafile: '/etc/ssl/certs/ca-certificates.crt',
  proxy: null,
  httpsProxy: null,
  noProxy: '',
}
const places = {
  toolchain: {
    nodePath: '/opt/slipway/node',
    fingerprint: 'v24 11 linux x64',
    npmFolder: '/opt/slipway/npm',
    operatorNpm: null,
    bwrapPath: '/usr/bin/bwrap',
  },
  registry,
  stubFolder: '/builds/.sandbox',
  sourceDir: '/builds/k/app',
  homeDir: '/builds/k/home',
  compiledCode: null,
}
const build: SandboxRun = {
  rootDir: '.',
  command: ['true'],
  environment: {},
  network: 'none',
  modulesDir: null,
}
const text = (run: Partial<SandboxRun>, changed: Partial<SandboxPlaces> = {}): string =>
  buildSandboxOptions({ ...build, ...run }, { ...places, ...changed }).join(' ')

test('a build has every namespace of its own and no capability', () => {
  expect(text({})).toMatch(
    /^--unshare-user --unshare-all --disable-userns --die-with-parent --new-session --cap-drop ALL/,
  )
  expect(text({})).not.toContain('--share-net')
  expect(text({})).not.toContain('resolv.conf')
  expect(text({})).not.toContain('npm_config')
})

test('a script finds the programs of its own folder, then of those above it', () => {
  const path = '--setenv PATH /opt/node/bin:/usr/bin:/bin'
  expect(text({ rootDir: 'packages/web' })).toContain(path)
  expect(text({ rootDir: 'packages/web', findsModules: true })).toContain(
    '--setenv PATH /app/packages/web/node_modules/.bin:/app/packages/node_modules/.bin:' +
      '/app/node_modules/.bin:/opt/node/bin:',
  )
  expect(text({ findsModules: true })).toContain('--setenv PATH /app/node_modules/.bin:/opt/node')
})

test('an install shares the network and knows the registry', () => {
  const options = text({ network: 'registry' })
  expect(options).toContain('--share-net')
  expect(options).toContain('--setenv npm_config_registry https://registry.example/')
  expect(options).toContain('--setenv npm_config_cafile /etc/ssl/certs/ca-certificates.crt')
  expect(options).toContain('--setenv npm_config_include dev')
  expect(options).toContain('--setenv NODE_ENV production')
})

test("an operator's own certificate authority is brought along", () => {
  const given = { ...registry, cafile: '/srv/ca.pem' }
  const options = text({ network: 'registry' }, { registry: given })
  expect(options).toContain('--ro-bind /srv/ca.pem /etc/ssl/registry-ca.pem')
  expect(options).toContain('--setenv npm_config_cafile /etc/ssl/registry-ca.pem')
})

test('the only writable places of the host are the source and the home', () => {
  const words = buildSandboxOptions({ ...build, network: 'registry' }, places)
  const writable = words.flatMap((word, at) => (word === '--bind' ? [words[at + 1]] : []))
  expect(writable).toEqual(['/builds/k/home', '/builds/k/app'])
  expect(words.slice(-2)).toEqual(['--remount-ro', '/'])
})

test('the first build with sealed packages fills the compiled code, and later ones only read it', () => {
  const withPackages = { modulesDir: '/caches/1/k/node_modules' }
  const dir = '/caches/1/k/compiled-code'
  const first = text(withPackages, { compiledCode: { dir, isSealed: false } })
  expect(first).toContain(` --bind ${dir} /opt/compiled-code`)
  const later = text(withPackages, { compiledCode: { dir, isSealed: true } })
  expect(later).toContain(` --ro-bind ${dir} /opt/compiled-code`)
  for (const options of [first, later]) {
    expect(options).toContain('--setenv NODE_COMPILE_CACHE /opt/compiled-code')
  }
  expect(text({})).not.toContain('NODE_COMPILE_CACHE')
})

test('an npm of the system stays where its neighbours are', () => {
  expect(text({})).toContain('--ro-bind /opt/slipway/npm /opt/node/lib/node_modules/npm')
  const toolchain = { ...places.toolchain, npmFolder: '/usr/share/nodejs/npm' }
  const options = text({}, { toolchain })
  expect(options).not.toContain('/opt/node/lib')
  expect(options).toContain('--symlink /usr/share/nodejs/npm/bin/npm-cli.js /opt/node/bin/npm')
})

test('a command starts in the root folder of the project', () => {
  expect(text({})).toContain('--chdir /app --')
  expect(text({ rootDir: 'packages/web' })).toContain('--chdir /app/packages/web')
})
