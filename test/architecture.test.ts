// Holds the walls between the rooms of src/, and proves on planted files that each wall can fail.
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const imports = 'eslint(no-restricted-imports)'

/** Files that a wall must refuse: [what is wrong, path, text, rule]. */
const breaches: ReadonlyArray<readonly [string, string, string, string]> = [
  ['main.ts reaches past slipway.ts', 'main.ts', importing('./http/server.ts'), imports],
  ['main.ts starts a process', 'main.ts', importing('node:child_process'), imports],
  ['a part imports main.ts', 'slipway.ts', importing('./main.ts'), imports],
  ['a part of slipway.ts imports main.ts', 'slipway/to-main.ts', importing('../main.ts'), imports],
  ['http/ knows a part of slipway.ts', 'http/to-slipway.ts', importing('../slipway/x.ts'), imports],
  ['http/ knows SQLite', 'http/to-store.ts', importing('../store/planted.ts'), imports],
  ['a route knows SQLite', 'http/routes/to-store.ts', importing('../../store/planted.ts'), imports],
  ['http/ knows a step', 'http/to-steps.ts', importing('../steps/planted.ts'), imports],
  ['http/ starts processes', 'http/to-machine.ts', importing('../machine/planted.ts'), imports],
  ['cli/ reads the configuration', 'cli/to-config.ts', importing('../config.ts'), imports],
  ['cli/ knows the server', 'cli/to-http.ts', importing('../http/planted.ts'), imports],
  ['cli/ knows watch/', 'cli/to-watch.ts', importing('../watch/planted.ts'), imports],
  ['the command watch knows git/', 'cli/commands/watch.ts', importing('../../git/x.ts'), imports],
  ['git/ takes simple-git', 'git/to-simple-git.ts', importing('simple-git'), imports],
  ['cli/ starts a process', 'cli/to-process.ts', importing('node:child_process'), imports],
  ['run-program.ts knows the machine', 'cli/run-program.ts', importing('../machine/x.ts'), imports],
  ['cli/ reads the environment', 'cli/env.ts', environment(), 'node(no-process-env)'],
  ['watch/ knows git', 'watch/to-git.ts', importing('../git/planted.ts'), imports],
  ['watch/ starts a process', 'watch/to-process.ts', importing('node:child_process'), imports],
  [
    'pipeline/ knows the machine',
    'pipeline/to-sites.ts',
    importing('../sites/planted.ts'),
    imports,
  ],
  ['pipeline/ knows a door', 'pipeline/to-http.ts', importing('../http/planted.ts'), imports],
  ['a step imports another step', 'steps/to-step.ts', importing('./planted.ts'), imports],
  ['a step says another step', 'steps/to-steps.ts', importing('../steps/planted.ts'), imports],
  ['a step knows the runner', 'steps/to-runner.ts', importing('../pipeline/deployer.ts'), imports],
  ['a step knows the machine', 'steps/to-build.ts', importing('../build/planted.ts'), imports],
  ['store/ knows git', 'store/to-git.ts', importing('../git/planted.ts'), imports],
  ['git/ knows the store', 'git/to-store.ts', importing('../store/planted.ts'), imports],
  ['git/ knows the pipeline', 'git/to-pipeline.ts', importing('../pipeline/step.ts'), imports],
  ['smart-http.ts knows the store', 'git/smart-http.ts', importing('../store/x.ts'), imports],
  ['build/ knows sites/', 'build/to-sites.ts', importing('../sites/planted.ts'), imports],
  ['build/ runs execa', 'build/to-execa.ts', importing('execa'), imports],
  ['generate/ knows build/', 'generate/to-build.ts', importing('../build/planted.ts'), imports],
  ['sites/ knows certificates/', 'sites/to-certs.ts', importing('../certificates/x.ts'), imports],
  ['sites/ starts a process', 'sites/to-process.ts', importing('node:child_process'), imports],
  ['certificates/ knows a step', 'certificates/to-step.ts', importing('../steps/x.ts'), imports],
  ['domains/ knows sites/', 'domains/to-sites.ts', importing('../sites/x.ts'), imports],
  ['steps/ knows domains/', 'steps/to-domains.ts', importing('../domains/x.ts'), imports],
  ['webhooks/ knows the store', 'webhooks/to-store.ts', importing('../store/x.ts'), imports],
  ['platform/ knows git', 'platform/to-git.ts', importing('../git/x.ts'), imports],
  [
    'pipeline/ asks the platform',
    'pipeline/to-platform.ts',
    importing('../platform/x.ts'),
    imports,
  ],
  ['http/ sends webhooks', 'http/to-webhooks.ts', importing('../webhooks/x.ts'), imports],
  ['machine/ knows contracts.ts', 'machine/to-contracts.ts', importing('../contracts.ts'), imports],
  ['contracts.ts knows the store', 'contracts.ts', importing('./store/planted.ts'), imports],
  ['contracts/ knows git/', 'contracts/to-git.ts', importing('../git/planted.ts'), imports],
  ['contracts/ knows slipway/', 'contracts/to-slipway.ts', importing('../slipway/x.ts'), imports],
  ['contracts/ knows config.ts', 'contracts/to-config.ts', importing('../config.ts'), imports],
  [
    'domain/ knows contracts/',
    'domain/to-a-contract.ts',
    importing('../contracts/git.ts'),
    imports,
  ],
  ['machine/ knows contracts/', 'machine/to-one.ts', importing('../contracts/git.ts'), imports],
  ['config.ts knows contracts.ts', 'config.ts', importing('./contracts.ts'), imports],
  ['domain/ knows contracts.ts', 'domain/to-contracts.ts', importing('../contracts.ts'), imports],
  ['domain/ knows the pipeline', 'domain/to-pipeline.ts', importing('../pipeline/x.ts'), imports],
  ['domain/ touches the machine', 'domain/to-node.ts', importing('node:fs'), imports],
  ['domain/ takes a package', 'domain/to-package.ts', importing('fastify'), imports],
  ['a wall is passed by a type', 'pipeline/type.ts', typing('../store/planted.ts'), imports],
  ['a wall is passed by export', 'pipeline/export.ts', "export * from '../git/x.ts'\n", imports],
  ['a wall is passed at run time', 'pipeline/late.ts', loading('../git/planted.ts'), imports],
  [
    'a wall is passed by a detour',
    'pipeline/detour.ts',
    importing('../domain/../git/x.ts'),
    imports,
  ],
  ['files import in a circle', 'domain/ring-a.ts', importing('./ring-b.ts'), 'import(no-cycle)'],
  ['types import in a circle', 'domain/knot-a.ts', typing('./knot-b.ts'), 'import(no-cycle)'],
  ['a promise floats', 'store/floating.ts', floating(), 'typescript(no-floating-promises)'],
  ['a promise is misused', 'store/misused.ts', misused(), 'typescript(no-misused-promises)'],
  ['a switch forgets', 'domain/switch.ts', forgetful(), 'typescript(switch-exhaustiveness-check)'],
  ['a room reads the environment', 'store/env.ts', environment(), 'node(no-process-env)'],
  ['a room imports the environment', 'store/process.ts', importing('node:process'), imports],
  ['a room prints', 'pipeline/print.ts', "console.log('planted')\n", 'eslint(no-console)'],
  ['a file is too long', 'store/long.ts', 'export {}\n'.repeat(251), 'eslint(max-lines)'],
  ['a function asks too much', 'store/params.ts', greedy(), 'eslint(max-params)'],
]

/** Files that every wall must let pass, so that a wall isn't only a closed door. */
const allowed: ReadonlyArray<readonly [string, string]> = [
  ['http/good.ts', importing('../pipeline/step.ts', '../contracts.ts', '../config.ts', 'fastify')],
  ['http/routes/good.ts', importing('../server.ts', '../../domain/names.ts', 'node:http')],
  ['cli/good.ts', `${importing('../domain/names.ts', 'node:fs')}console.log('planted')\n`],
  ['cli/main.ts', environment()],
  ['pipeline/good.ts', importing('./step.ts', '../domain/names.ts', '../contracts.ts')],
  ['steps/good.ts', importing('../pipeline/step.ts', '../domain/names.ts', '../config.ts')],
  ['store/good.ts', importing('../machine/files.ts', '../domain/names.ts', 'better-sqlite3')],
  ['machine/good.ts', importing('../domain/names.ts', '../config.ts', 'execa')],
  ['domain/good.ts', importing('./names.ts', 'zod')],
  ['domain/ring-b.ts', `${importing('./ring-a.ts')}`],
  ['domain/knot-b.ts', typing('./knot-a.ts')],
]
const closesACircle = new Set(['domain/ring-b.ts', 'domain/knot-b.ts'])

describe('the walls between the rooms', () => {
  let folder: string
  let found: ReadonlyArray<Finding>

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-walls-'))
    for (const file of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) {
      await cp(join(root, file), join(folder, file))
    }
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    const files = [...breaches.map(([, path, text]) => [path, text] as const), ...allowed]
    for (const [path, text] of mergeByPath(files)) {
      await mkdir(dirname(join(folder, 'src', path)), { recursive: true })
      await writeFile(join(folder, 'src', path), text)
    }
    found = await runOxlint(folder, 'src')
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it.each(breaches)('are seen to break when %s', (...[, path, text, rule]) => {
    const named = /'([^']+)'/.exec(text)?.[1] ?? ''
    const here = found.filter((one) => one.file === `src/${path}` && one.rule === rule)
    const told = rule === imports ? here.filter((one) => one.message.includes(`'${named}'`)) : here
    expect(told, JSON.stringify(found.filter((one) => one.file === `src/${path}`))).not.toEqual([])
  })

  it.each(allowed)('let src/%s pass', (path) => {
    const here = found.filter((one) => one.file === `src/${path}`)
    expect(closesACircle.has(path) ? here.filter((one) => one.rule === imports) : here).toEqual([])
  })

  it('stand in the real tree', async () => {
    expect(await runOxlint(root)).toEqual([])
  })

  it('are known to every room there is', async () => {
    const rules = await readFile(join(root, '.oxlintrc.json'), 'utf8')
    const entries = await readdir(join(root, 'src'), { withFileTypes: true })
    const unguarded = entries
      .map((entry) => `src/${entry.name}${entry.isDirectory() ? '/**' : ''}`)
      .filter((pattern) => !rules.includes(`"${pattern}"`))
    expect(unguarded).toEqual([])
  })
})

describe('the text of the repository', () => {
  it('reads process.env in the main.ts of the two programs only', async () => {
    // What is told to people may name it; a quote before it on its line is such a text.
    const readers = await listFilesWith(
      /^(?![^\n]*['`*][^\n]*process\.env)[^\n]*(?:process\s*\??\.\s*env|process\[|\benv\b.*node:process)/m,
    )
    const outside = readers.filter((path) => !/^(test|bench)\//.test(path) && path.endsWith('.ts'))
    const programs = ['src/main.ts', 'src/cli/main.ts']
    expect(outside.filter((path) => !programs.includes(path))).toEqual([])
  })

  it('holds no unfinished business in src/', async () => {
    const unfinished = await listFilesWith(new RegExp(`\\b(${'TO'}DO|FIX${'ME'})\\b`))
    expect(unfinished.filter((path) => path.startsWith('src/'))).toEqual([])
  })

  it('names no package registry and no place on a developer’s machine', async () => {
    const hosts = ['registry.npm' + 'js.org', 'registry.yarn' + 'pkg.com', 'npmmirror' + '.com']
    const places = ['/wo' + 'rk/', '/home/[a-z]+/', '/Use' + 'rs/']
    // A letter before the slash makes it a part of a longer path or an address: not a place here.
    const told = new RegExp(`${hosts.join('|')}|(?<![\\w.>})*-])(${places.join('|')})`)
    expect(await listFilesWith(told)).toEqual([])
  })
})

interface Finding {
  readonly file: string
  readonly rule: string
  readonly message: string
}

async function runOxlint(folder: string, ...paths: string[]): Promise<ReadonlyArray<Finding>> {
  const oxlint = join(root, 'node_modules/.bin/oxlint')
  const { stdout, code } = await run(oxlint, ['--format', 'json', ...paths], folder)
  const report = JSON.parse(stdout) as {
    diagnostics: { filename: string; code: string; message: string }[]
    number_of_files: number
  }
  // A linter that read nothing finds nothing: that must not pass for a clean tree.
  if (report.number_of_files === 0) throw new Error('oxlint read no file')
  if ((code === 0) !== (report.diagnostics.length === 0)) throw new Error(`oxlint exits ${code}`)
  return report.diagnostics.map(({ filename, code: rule, message }) => {
    return { file: filename, rule, message }
  })
}

async function listFilesWith(text: RegExp): Promise<string[]> {
  const { stdout } = await run(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    root,
  )
  const paths = stdout.split('\0').filter((path) => path !== '')
  const matches = await Promise.all(
    paths.map(async (path) => text.test(await readFile(join(root, path), 'utf8').catch(() => ''))),
  )
  return paths.filter((_, index) => matches[index])
}

async function run(command: string, args: readonly string[], cwd: string) {
  const start = promisify(execFile)
  return start(command, args, { cwd, maxBuffer: 64 * 1024 * 1024 }).then(
    ({ stdout }) => ({ stdout, code: 0 }),
    (error: { stdout?: string; code?: number }) => {
      if (typeof error.code !== 'number') throw error
      return { stdout: error.stdout ?? '', code: error.code }
    },
  )
}

/** Several breaches may be planted in one file, since some rooms are a single file. */
function mergeByPath(files: ReadonlyArray<readonly [string, string]>): Map<string, string> {
  const merged = new Map<string, string>()
  for (const [path, text] of files) merged.set(path, (merged.get(path) ?? '') + text)
  return merged
}

function importing(...names: readonly string[]): string {
  return names.map((name) => `import '${name}'\n`).join('')
}

function typing(name: string): string {
  return `import type { Planted } from '${name}'\nexport type Same = Planted\nexport interface Planted { a: Same }\n`
}

function loading(name: string): string {
  return `export const planted = await import('${name}')\n`
}

function floating(): string {
  return 'export function start(): void {\n  Promise.resolve(1)\n}\n'
}

function misused(): string {
  return 'export const bad = [1].filter(async (n) => n > 0)\nexport const worse = Promise.resolve(1) ? 1 : 2\n'
}

function forgetful(): string {
  return "export function tell(kind: 'a' | 'b'): void {\n  switch (kind) {\n    case 'a':\n      return\n  }\n}\n"
}

function environment(): string {
  return 'export const path = process.env.PATH\n'
}

function greedy(): string {
  return 'export const sum = (a: number, b: number, c: number, d: number) => a + b + c + d\n'
}
