/**
 * `npm run pack:cli`: makes dist/slipway-<version>.tgz, the command alone as a package of its own.
 * It runs on plain Node 22 and newer and depends on nothing.
 */
import { execFile } from 'node:child_process'
import { chmod, cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { build, type Metafile, type Plugin } from 'esbuild'
import manifest from '../package.json' with { type: 'json' }

const root = resolve(import.meta.dirname, '..')
const program = 'slipway.js'
const nodeMajorMin = 22

/** npm only warns, and what an older Node lacks would be told as a defect. */
const refuseOlderNode = `if (Number(process.versions.node.split('.')[0]) < ${nodeMajorMin}) {
  console.error('slipway needs Node.js ${nodeMajorMin} or newer, and this is ' + process.version + '.')
  process.exit(2)
}`

/** Builds the package in `dir`, which is emptied; answers the path of the program in it. */
export async function buildCli(dir: string): Promise<string> {
  await rm(dir, { recursive: true, force: true })
  await mkdir(dir, { recursive: true })
  const path = join(dir, program)
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { slipway: 'src/cli/main.ts' },
    outdir: dir,
    // What only some commands need is in files of its own, which the others don't read.
    splitting: true,
    chunkNames: 'parts/[name]-[hash]',
    metafile: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: `node${nodeMajorMin}`,
    minify: true,
    charset: 'utf8',
    legalComments: 'none',
    banner: { js: refuseOlderNode },
    logLevel: 'warning',
    plugins: [lazyBuiltins, leaveLanguagesOut],
  })
  await chmod(path, 0o755)
  await writeFile(join(dir, 'package.json'), renderManifest())
  await writeFile(join(dir, 'README.md'), readme)
  await cp(join(root, 'LICENSE'), join(dir, 'LICENSE'))
  for (const name of findPackages(metafile)) await copyLicence(name, dir)
  return path
}

/** Packs what `buildCli` has built into `targetDir`; answers the path of the tarball. */
export async function packCli(dir: string, targetDir: string): Promise<string> {
  const args = ['pack', '--json', '--offline', '--pack-destination', targetDir]
  const { stdout } = await promisify(execFile)('npm', args, { cwd: dir })
  const [packed] = JSON.parse(stdout) as readonly { readonly filename: string }[]
  if (packed === undefined) throw new Error(`npm pack told no file: ${stdout}`)
  return join(targetDir, packed.filename)
}

/**
 * Modules of Node's own are fetched without their lazy parts: an `import` of node:http reads every
 * name that it exports, and by that loads a WebSocket client, which takes longer than all the rest.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup: (bundle) => {
    // Older packages ask for them without their prefix.
    const names = builtinModules.filter((name) => /^[a-z/_]+$/.test(name)).join('|')
    const filter = new RegExp(`^(?:node:.*|${names})$`)
    bundle.onResolve({ filter }, ({ path, kind }) => ({
      path: path.replace(/^(?:node:)?/, 'node:'),
      namespace: kind === 'dynamic-import' ? 'late-builtin' : 'builtin',
    }))
    bundle.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = ${renderBuiltin(path)}`,
      loader: 'js',
    }))
    bundle.onLoad({ filter: /.*/, namespace: 'late-builtin' }, ({ path }) => ({
      contents: `export const { ${listPlainNames(path).join(', ')} } = ${renderBuiltin(path)}`,
      loader: 'js',
    }))
  },
}

/** What reads as a value, without anything being loaded by it. */
function listPlainNames(name: string): readonly string[] {
  const loaded: object = process.getBuiltinModule(name) ?? {}
  const all = Object.entries(Object.getOwnPropertyDescriptors(loaded))
  return all.filter(([, property]) => 'value' in property).map(([key]) => key)
}

/** zod's own messages in forty languages, none of which is told: they are half of all that is built. */
const leaveLanguagesOut: Plugin = {
  name: 'leave-languages-out',
  setup: (bundle) => {
    bundle.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: 'export {}' }))
  },
}

/** commander asks for node:child_process at once, and uses it for what is not used here. */
function renderBuiltin(name: string): string {
  const loaded = `process.getBuiltinModule(${JSON.stringify(name)})`
  return name === 'node:child_process'
    ? `{ spawn: (...given) => ${loaded}.spawn(...given) }`
    : loaded
}

/** Whose code is in what was built. */
function findPackages({ inputs }: Metafile): readonly string[] {
  const names = Object.keys(inputs).map(
    (path) => /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1],
  )
  return [...new Set(names.filter((name) => name !== undefined))].toSorted()
}

async function copyLicence(name: string, dir: string): Promise<void> {
  const place = join(root, 'node_modules', name)
  const file = (await readdir(place)).find((entry) => /^licen[cs]e(\.|$)/i.test(entry))
  const target = join(dir, `LICENSE.${name.replace('@', '').replace('/', '.')}`)
  if (file !== undefined) return cp(join(place, file), target)
  throw new Error(`${name} has no licence beside its code`)
}

function renderManifest(): string {
  const { version, license } = manifest
  const text = JSON.stringify(
    {
      name: 'slipway',
      version,
      description: 'Follows and drives projects on a Slipway server',
      license,
      type: 'module',
      bin: { slipway: program },
      engines: { node: `>=${nodeMajorMin}` },
    },
    null,
    2,
  )
  return `${text}\n`
}

const readme = `# slipway

The command line of Slipway, a server that puts front-end apps online by \`git push\`.

\`\`\`sh
slipway login https://deploy.example.org
slipway create "My app" --slug my-app
slipway link my-app
git push deploy main
slipway --help
\`\`\`
`

if (process.argv[1] === import.meta.filename) {
  const distDir = join(root, 'dist')
  await buildCli(join(distDir, 'cli'))
  console.log(await packCli(join(distDir, 'cli'), distDir))
}
