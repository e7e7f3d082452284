/**
 * The words that start a build in its sandbox, and what it sees there. Pure: it reads no file and
 * knows no user. bubblewrap itself must be started without an environment and never as root.
 */
import type { BuildRun } from '../contracts.ts'
import { limits } from '../config.ts'
import type { CompiledCode } from './compiled-code.ts'
import { scratchFolders } from './install-cache.ts'
import type { RegistrySettings, Toolchain } from './toolchain.ts'

/** Folders of the host that a run is made of. */
export interface SandboxPlaces {
  readonly toolchain: Toolchain
  readonly registry: RegistrySettings
  /** Files that stand in for the host's `/etc`; see `writeStubs`. */
  readonly stubFolder: string
  readonly sourceDir: string
  readonly homeDir: string
  /** Of the sealed modules; null where the build has none. */
  readonly compiledCode: CompiledCode | null
}

export type SandboxRun = Pick<
  BuildRun,
  'rootDir' | 'command' | 'findsModules' | 'environment' | 'network' | 'modulesDir'
>

/** bubblewrap's options; they hold the project's variables, so they stay out of the argv. */
export function buildSandboxOptions(run: SandboxRun, places: SandboxPlaces): readonly string[] {
  const { stubFolder, sourceDir, homeDir } = places
  const environment = buildEnvironment(run, insideNames(places))
  return [
    // Named before --unshare-all, which only tries it; --disable-userns insists on it.
    ['--unshare-user', '--unshare-all', '--disable-userns', '--die-with-parent'],
    ['--new-session', '--cap-drop', 'ALL', '--uid', '1000', '--gid', '1000'],
    ['--hostname', 'build', '--clearenv'],
    tmpfs('/', limits.sandboxRootBytesMax),
    ['--ro-bind', '/usr', '/usr'],
    ...['bin', 'sbin', 'lib', 'lib64'].map((name) => ['--symlink', `usr/${name}`, `/${name}`]),
    readOnly('/etc/alternatives', '/etc/ssl/certs'),
    ['--ro-bind', `${stubFolder}/passwd`, '/etc/passwd'],
    ['--ro-bind', `${stubFolder}/group`, '/etc/group'],
    networkOptions(run.network, places),
    toolchainOptions(places.toolchain),
    ['--proc', '/proc', '--dev', '/dev'],
    tmpfs('/dev/shm', limits.sandboxShmBytesMax),
    ['--remount-ro', '/dev'],
    tmpfs('/tmp', limits.sandboxTmpBytesMax),
    ['--bind', homeDir, inside.home, '--bind', sourceDir, inside.source],
    ...sealedModules(run),
    compiledCodeOptions(places.compiledCode),
    ['--chdir', insideRoot(run)],
    ...Object.entries(environment).map(([name, value]) => ['--setenv', name, value]),
    ['--remount-ro', '/'],
  ].flat()
}

/** What an install left before is shown and not lent; only tools' scratch folders can be written. */
function sealedModules({ modulesDir, rootDir }: SandboxRun): readonly (readonly string[])[] {
  if (modulesDir === null) return []
  const place = `${insideRoot({ rootDir })}/node_modules`
  const scratch = scratchFolders.map((name) => tmpfs(`${place}/${name}`, limits.sandboxTmpBytesMax))
  return [['--ro-bind', modulesDir, place], ...scratch]
}

/** The first build fills it, the later ones are shown it. */
function compiledCodeOptions(code: CompiledCode | null): readonly string[] {
  return code === null ? [] : [code.isSealed ? '--ro-bind' : '--bind', code.dir, inside.compiled]
}

function insideRoot({ rootDir }: Pick<SandboxRun, 'rootDir'>): string {
  return rootDir === '.' ? inside.source : `${inside.source}/${rootDir}`
}

/** Where things are, as the command itself sees them. */
export interface SeenPlaces {
  readonly source: string
  readonly home: string
  readonly tmp: string
  /** Holds node, npm and npx. */
  readonly programs: string
  /** Where Node finds modules compiled, and puts those that it does not; null for nowhere. */
  readonly compiled: string | null
  readonly registry: RegistrySettings
}

/** All variables of a run. The project's own may replace only the first four. */
export function buildEnvironment(
  run: Pick<SandboxRun, 'rootDir' | 'findsModules' | 'environment' | 'network'>,
  { source, home, tmp, programs, compiled, registry }: SeenPlaces,
): Readonly<Record<string, string>> {
  const { environment, network } = run
  const modules = run.findsModules === true ? modulePrograms(run.rootDir, source) : []
  return {
    NODE_ENV: 'production',
    CI: 'true',
    LANG: 'C.UTF-8',
    ...(compiled === null ? {} : { NODE_COMPILE_CACHE: compiled }),
    ...environment,
    HOME: home,
    TMPDIR: tmp,
    PATH: [...modules, programs, '/usr/bin', '/bin'].join(':'),
    ...(network === 'registry' ? npmSettings(registry) : {}),
  }
}

/** Of the folder itself and of those above it, up to the source's own. */
function modulePrograms(rootDir: string, source: string): readonly string[] {
  const folders = rootDir === '.' ? [] : rootDir.split('/')
  return Array.from({ length: folders.length + 1 }, (_, up) =>
    [source, ...folders.slice(0, folders.length - up), 'node_modules/.bin'].join('/'),
  )
}

const inside = {
  source: '/app',
  home: '/home/build',
  node: '/opt/node',
  compiled: '/opt/compiled-code',
} as const
const cafileInside = '/etc/ssl/registry-ca.pem'

function insideNames({ registry, compiledCode }: SandboxPlaces): SeenPlaces {
  const cafile = registry.cafile === null || isAlwaysThere(registry.cafile)
  return {
    source: inside.source,
    home: inside.home,
    tmp: '/tmp',
    programs: `${inside.node}/bin`,
    compiled: compiledCode === null ? null : inside.compiled,
    registry: cafile ? registry : { ...registry, cafile: cafileInside },
  }
}

/**
 * npm's settings of the environment win over the `.npmrc` of a project. With NODE_ENV=production
 * npm leaves out devDependencies, where the tools of a build are, unless it is told otherwise.
 *
 * @todo A project's `@scope:registry` and its other keys still count; they stop to matter when the
 * install reaches nothing but a registry proxy of ours.
 */
function npmSettings(registry: RegistrySettings): Readonly<Record<string, string>> {
  const { cafile, proxy, httpsProxy, noProxy } = registry
  return {
    npm_config_registry: registry.registry,
    ...(cafile === null ? {} : { npm_config_cafile: cafile }),
    npm_config_proxy: proxy ?? 'null',
    npm_config_https_proxy: httpsProxy ?? 'null',
    ...(noProxy === null || noProxy === '' ? {} : { npm_config_noproxy: noProxy }),
    npm_config_include: 'dev',
    npm_config_userconfig: '/dev/null',
    npm_config_globalconfig: `${inside.node}/etc/npmrc`,
    npm_config_fetch_retry_mintimeout: '500',
    npm_config_fetch_retry_factor: '2',
    npm_config_audit: 'false',
    npm_config_fund: 'false',
    npm_config_update_notifier: 'false',
  }
}

/**
 * A build has a network namespace of its own with nothing in it, and nothing resolves.
 *
 * @todo An install shares the host's network until a registry proxy of ours stands on a socket.
 */
function networkOptions(
  network: SandboxRun['network'],
  { stubFolder, registry }: SandboxPlaces,
): readonly string[] {
  if (network === 'none') {
    return [
      ['--ro-bind', `${stubFolder}/hosts`, '/etc/hosts'],
      ['--ro-bind', `${stubFolder}/nsswitch-files.conf`, '/etc/nsswitch.conf'],
    ].flat()
  }
  const { cafile } = registry
  return [
    ['--share-net'],
    readOnly('/etc/resolv.conf', '/etc/hosts'),
    ['--ro-bind', `${stubFolder}/nsswitch-dns.conf`, '/etc/nsswitch.conf'],
    cafile === null || isAlwaysThere(cafile) ? [] : ['--ro-bind', cafile, cafileInside],
  ].flat()
}

/** node, npm and npx at one fixed place, wherever the host has them. */
function toolchainOptions({ nodePath, npmFolder }: Toolchain): readonly string[] {
  // An npm below /usr may need neighbours of it, as Debian's does, so it stays where it is.
  const isInUsr = npmFolder.startsWith('/usr/')
  const npmInside = isInUsr ? npmFolder : `${inside.node}/lib/node_modules/npm`
  return [
    ['--ro-bind', nodePath, `${inside.node}/bin/node`],
    isInUsr ? [] : ['--ro-bind', npmFolder, npmInside],
    ['--symlink', `${npmInside}/bin/npm-cli.js`, `${inside.node}/bin/npm`],
    ['--symlink', `${npmInside}/bin/npx-cli.js`, `${inside.node}/bin/npx`],
  ].flat()
}

/** A machine may lack one of these; then the build does too. */
function readOnly(...paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => ['--ro-bind-try', path, path])
}

function tmpfs(path: string, bytesMax: number): readonly string[] {
  return ['--size', String(bytesMax), '--tmpfs', path]
}

function isAlwaysThere(path: string): boolean {
  return path.startsWith('/usr/') || path.startsWith('/etc/ssl/certs/')
}
