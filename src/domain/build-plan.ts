/**
 * How a commit becomes a site: decided from the list of its files and from two of them, without
 * running anything of it.
 */
import { explainBase, findBaseWords } from './base-path.ts'
import { SlipwayError } from './errors.ts'
import { type FrameworkRow, frameworkRows } from './frameworks.ts'

/** One entry of a commit's tree, as `git ls-tree -r -t -l` tells it. */
export interface TreeEntry {
  readonly path: string
  readonly type: 'blob' | 'tree' | 'commit'
  /** `120000` is a symbolic link, `160000` a submodule. */
  readonly mode: string
  readonly oid: string
  readonly bytes: number
}

export type BuildPlan =
  | SchemaPlan
  | {
      readonly kind: 'static'
      /** Below the top of the commit; `.` is all of it. */
      readonly outputDir: string
      /** Published from git's objects, without a checkout. */
      readonly isReadWhole: boolean
      readonly spaFallback: boolean
      readonly toldAs: string
    }
  | {
      readonly kind: 'node'
      readonly rootDir: string
      readonly install: readonly string[]
      readonly build: readonly string[]
      /** What `build` comes to, where starting npm for it would add a wait and nothing else. */
      readonly script: PlainScript | null
      /** The first of these folders that exists is published. */
      readonly outputDirs: readonly string[]
      readonly spaFallback: boolean
      readonly toldAs: string
      readonly warning: string | null
      /**
       * Equal for two commits whose installs leave the same; null where an install depends on more
       * than the lock file says.
       */
      readonly installKey: string | null
      /** What to do about an app that ignores its base path; `{base}` stands for it. */
      readonly baseRemedy: string
    }

/** The app is made from one file, and nothing of the commit is run. */
export interface SchemaPlan {
  readonly kind: 'schema'
  /** The blob of `schema.json`. */
  readonly schemaOid: string
  readonly spaFallback: true
  readonly toldAs: string
}

/** What `slipway.json` may say; every key may be left out. */
export interface SlipwayFile {
  readonly root?: string
  readonly install?: string
  readonly build?: string
  readonly output?: string
  readonly spa?: boolean
}

export interface PlanInput {
  /** Paths of the files at the commit. */
  readonly paths: ReadonlySet<string>
  /** Whether a folder's files can be published straight from git's objects. */
  readonly isReadWhole: (folder: string) => boolean
  /** The parsed `package.json` of the root folder; null where there is none. */
  readonly packageJson: PackageJson | null
  readonly slipwayFile: SlipwayFile
  /** What the lock file and all else that an install reads add up to. */
  readonly installSource: string
  /** `/apps/<slug>/` where the app is to be served there; null for the root of a host. */
  readonly basePath: string | null
}

/** A line for `sh -c`, with the programs of `node_modules` on its PATH. */
export interface PlainScript {
  readonly text: string
  /** What npm would tell it beside. */
  readonly environment: Readonly<Record<string, string>>
}

export interface PackageJson {
  readonly name: string
  readonly version: string
  readonly scripts: Readonly<Record<string, string>>
  /** Dependencies and devDependencies together. */
  readonly dependencies: ReadonlySet<string>
  readonly packageManager: string | null
  /** True where an install runs scripts of the app itself, or links other folders of it. */
  readonly hasOwnInstall: boolean
}

const usualOutputs = ['dist', 'build', 'out', 'public', '_site', '.output/public'] as const

const foreignTools = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'Yarn'],
  ['bun.lock', 'Bun'],
  ['bun.lockb', 'Bun'],
  ['deno.lock', 'Deno'],
] as const

/** Throws the error that tells the pusher what to commit instead. */
export function planBuild(input: PlanInput): BuildPlan {
  const { paths, packageJson, slipwayFile } = input
  const root = slipwayFile.root ?? '.'
  const inRoot = (name: string): string =>
    name === '.' ? root : root === '.' ? name : `${root}/${name}`
  const plain = planPlainFiles(input, inRoot(slipwayFile.output ?? '.'))
  if (packageJson === null) return plain ?? refuseToPlan(paths, root, inRoot)

  const foreign = foreignTools.find(([file]) => paths.has(inRoot(file)))
  const hasLockFile =
    paths.has(inRoot('package-lock.json')) || paths.has(inRoot('npm-shrinkwrap.json'))
  if (foreign !== undefined && !hasLockFile) {
    throw new SlipwayError('package_manager_unsupported', {
      tool: foreign[1],
      evidence: foreign[0],
    })
  }
  const manager = packageJson.packageManager?.split('@')[0] ?? 'npm'
  if (manager !== 'npm') {
    throw new SlipwayError('package_manager_unsupported', {
      tool: manager,
      evidence: 'the packageManager field of package.json',
    })
  }
  const found = frameworkRows.find((row) => packageJson.dependencies.has(row.dependency))
  const baseWords = findBaseWords(found, packageJson.scripts['build'], input.basePath)
  const build = buildCommand({ slipwayFile, packageJson, found, baseWords })
  if (build === null) {
    if (plain !== null) return plain
    throw new SlipwayError('build_script_missing')
  }
  const outputs =
    slipwayFile.output === undefined
      ? [...new Set([...(found?.outputs ?? []), ...usualOutputs])]
      : [slipwayFile.output]
  const install = installCommand(slipwayFile, hasLockFile)
  const isRepeatable =
    hasLockFile &&
    slipwayFile.install === undefined &&
    !packageJson.hasOwnInstall &&
    !paths.has(inRoot('node_modules'))
  return {
    kind: 'node',
    rootDir: root,
    install,
    build,
    script: findPlainScript(input, { found, baseWords, inRoot }),
    outputDirs: outputs.map((folder) => inRoot(folder)),
    spaFallback: slipwayFile.spa ?? !builtAsPages(found),
    toldAs: `${found?.name ?? 'npm project'}: ${showCommand(install)}, ${showCommand(build)}`,
    installKey: isRepeatable ? input.installSource : null,
    baseRemedy: explainBase(found),
    warning: hasLockFile
      ? null
      : 'no package-lock.json: npm install takes whatever versions are newest today; commit one',
  }
}

/** A command as a person would type it. */
export function showCommand(words: readonly string[]): string {
  return words[0] === 'sh' && words[1] === '-c' ? (words[2] ?? '') : words.join(' ')
}

/** Null where the folder holds no page to begin with. */
function planPlainFiles(
  { paths, slipwayFile, isReadWhole }: PlanInput,
  outputDir: string,
): BuildPlan | null {
  if (!paths.has(outputDir === '.' ? 'index.html' : `${outputDir}/index.html`)) return null
  return {
    kind: 'static',
    outputDir,
    isReadWhole: isReadWhole(outputDir),
    spaFallback: slipwayFile.spa ?? false,
    toldAs: 'plain files, nothing to build',
  }
}

const foreignGenerators = [
  ['hugo.toml', 'Hugo'],
  ['hugo.yaml', 'Hugo'],
  ['_config.yml', 'Jekyll'],
] as const

function refuseToPlan(
  paths: ReadonlySet<string>,
  root: string,
  inRoot: (name: string) => string,
): never {
  const generator = foreignGenerators.find(([file]) => paths.has(inRoot(file)))
  if (generator !== undefined) {
    throw new SlipwayError('framework_unsupported', {
      framework: generator[1],
      problem: 'sites of it are not built here.',
      remedy:
        'Build it on your machine and commit the result, with {"output": "public"} in slipway.json.',
    })
  }
  throw new SlipwayError('nothing_deployable', {
    where: root === '.' ? 'at the top' : `in ${root}`,
  })
}

function buildCommand({
  slipwayFile,
  packageJson,
  found,
  baseWords,
}: {
  readonly slipwayFile: SlipwayFile
  readonly packageJson: PackageJson
  readonly found: FrameworkRow | undefined
  readonly baseWords: readonly string[]
}): readonly string[] | null {
  if (slipwayFile.build !== undefined) return ['sh', '-c', slipwayFile.build]
  if (packageJson.scripts['build'] !== undefined) {
    return ['npm', 'run', 'build', ...(baseWords.length === 0 ? [] : ['--', ...baseWords])]
  }
  return found === undefined ? null : ['npx', '--no-install', ...found.build, ...baseWords]
}

/**
 * npm takes a tenth of a second and more to start. It does nothing but run the line, unless other
 * scripts belong to it, its settings change how, or the line asks for more than words.
 */
function findPlainScript(
  { paths, packageJson, slipwayFile }: PlanInput,
  {
    found,
    baseWords,
    inRoot,
  }: {
    readonly found: FrameworkRow | undefined
    readonly baseWords: readonly string[]
    readonly inRoot: (name: string) => string
  },
): PlainScript | null {
  if (packageJson === null || slipwayFile.build !== undefined) return null
  const { scripts, name, version } = packageJson
  const text = scripts['build'] ?? found?.build.join(' ') ?? ''
  const isPlain = /^[\w@.:/=, -]+(?:&&[\w@.:/=, -]+)*$/.test(text)
  const hasMore = scripts['prebuild'] !== undefined || scripts['postbuild'] !== undefined
  if (!isPlain || hasMore || paths.has(inRoot('.npmrc'))) return null
  return {
    text: [text, ...baseWords].join(' '),
    // npm-run-script(1): what a script may read of the package it belongs to.
    environment: {
      npm_command: 'run-script',
      npm_lifecycle_event: 'build',
      npm_lifecycle_script: text,
      npm_package_name: name,
      npm_package_version: version,
    },
  }
}

function installCommand(slipwayFile: SlipwayFile, hasLockFile: boolean): readonly string[] {
  if (slipwayFile.install !== undefined) return ['sh', '-c', slipwayFile.install]
  return ['npm', hasLockFile ? 'ci' : 'install']
}

/** Generators of many pages have a file for each address; their missing pages are 404. */
function builtAsPages(found: FrameworkRow | undefined): boolean {
  return ['Next.js', 'Nuxt', 'Astro', 'Gatsby', 'Docusaurus', 'Eleventy', 'VitePress'].includes(
    found?.name ?? '',
  )
}
