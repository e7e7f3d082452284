/** plan: decides from the commit's files what has to be done; runs nothing of them. */
import { z } from 'zod'
import { limits } from '../config.ts'
import type { Repositories } from '../contracts.ts'
import {
  type PackageJson,
  planBuild,
  type SchemaPlan,
  type TreeEntry,
} from '../domain/build-plan.ts'
import { firstIssue, parseConfigJson, slipwayKeys } from '../domain/config-json.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { Oid, ProjectId } from '../domain/names.ts'
import { basePathOf } from '../domain/project.ts'
import { describeUnused, planSchema, schemaPath } from '../domain/schema-plan.ts'
import { showPointer } from '../domain/schema/findings.ts'
import { InvalidSchema } from '../domain/schema/parse-schema.ts'
import { showFirst } from '../domain/show.ts'
import { parseSlipwayFile } from '../domain/slipway-file.ts'
import { isReadWhole } from '../domain/whole-tree.ts'
import type { ReadSchema, Step, StepContext } from '../pipeline/step.ts'

export function createPlan(machine: {
  readonly repositories: Repositories
  readonly readSchema: ReadSchema
}): Step<'commit', 'plan'> {
  return {
    name: 'plan',
    timeoutMs: limits.stepTimeoutMs,
    run: async (context, { commit }) => {
      const { project, output, summarise } = context
      const source = await readSource(machine.repositories, project.id, commit)
      const slipwayFile = parseSlipwayFile(await source.text('slipway.json'))
      const schemaPlan = planSchema(source.entries, slipwayFile)
      if (schemaPlan !== null) {
        await checkSchema(machine.readSchema, context, { plan: schemaPlan, source })
        summarise(schemaPlan.toldAs)
        return { plan: schemaPlan }
      }
      const submodule = source.entries.find((entry) => entry.type === 'commit')
      if (submodule !== undefined) {
        throw new SlipwayError('submodule_refused', { path: submodule.path })
      }
      const pointer = await findLfsPointer(source)
      if (pointer !== null) throw new SlipwayError('lfs_refused', { path: pointer })
      const root = slipwayFile.root === undefined ? '' : `${slipwayFile.root}/`
      const packageText = await source.text(`${root}package.json`)
      const plan = planBuild({
        paths: new Set(source.entries.map((entry) => entry.path)),
        isReadWhole: (folder) => isReadWhole(source.entries, folder),
        packageJson: parsePackageJson(packageText),
        slipwayFile,
        installSource: describeInstall(source.entries, root, packageText),
        basePath: basePathOf(project),
      })
      summarise(plan.toldAs)
      if (plan.kind === 'node' && plan.warning !== null) output(`warning: ${plan.warning}`)
      return { plan }
    },
  }
}

/** Told before anything is written: a line each, and at the end how many they are. */
async function checkSchema(
  readSchema: ReadSchema,
  { project, output }: StepContext,
  { plan, source }: { readonly plan: SchemaPlan; readonly source: Source },
): Promise<void> {
  const unused = describeUnused(source.entries)
  if (unused !== null) output(unused)
  try {
    const { warnings, projectId } = await readSchema(project, plan.schemaOid)
    for (const line of showFirst(warnings.map((warning) => `warning: ${warning}`))) output(line)
    if (projectId !== null && projectId !== project.id) {
      output(`warning: /project/id is ${projectId}; the app asks for the rows of ${project.id}`)
    }
  } catch (error) {
    if (!(error instanceof InvalidSchema)) throw error
    for (const line of showFirst(error.lines)) output(line)
    throw new SlipwayError('schema_invalid', { mistake: summarise(error), others: '' }, error)
  }
}

function summarise({ problems, unlisted }: InvalidSchema): string {
  const [first] = problems
  if (first === undefined) return `${schemaPath} is not as it should be`
  const count = problems.length + unlisted
  const place = `line ${first.line}${first.pointer === '' ? '' : `, ${showPointer(first.pointer)}`}`
  return count === 1
    ? `${schemaPath} has a mistake: ${place}`
    : `${schemaPath} has ${count.toLocaleString('en')} mistakes, the first on ${place}`
}

interface Source {
  readonly entries: readonly TreeEntry[]
  /** The text of a file of the commit; null where there is none. */
  readonly text: (path: string) => Promise<string | null>
}

async function readSource(
  repositories: Repositories,
  projectId: ProjectId,
  commit: Oid,
): Promise<Source> {
  const entries = await repositories.listTree(projectId, commit)
  const known = new Map(entries.map((entry) => [entry.path, entry]))
  const text = async (path: string): Promise<string | null> => {
    const entry = known.get(path)
    if (entry === undefined) return null
    if (/(?:^|\/)(?:package|slipway)\.json$/.test(path)) refuseUnfit(entry)
    if (!isPlainFile(entry)) return null
    const content = await repositories.readBlob(projectId, entry.oid, limits.configFileBytesMax)
    return content.toString('utf8')
  }
  return { entries, text }
}

function isPlainFile({ type, mode }: TreeEntry): boolean {
  return type === 'blob' && mode !== '120000'
}

/** What a link leads to is no part of the commit's text, and npm would follow it. */
function refuseUnfit({ path, type, mode, bytes }: TreeEntry): void {
  const problem =
    mode === '120000'
      ? 'it is a symbolic link'
      : type === 'tree'
        ? 'it is a folder'
        : bytes > limits.configFileBytesMax
          ? `it has more than ${limits.configFileBytesMax} bytes`
          : null
  if (problem === null) return
  if (path.endsWith('package.json')) throw new SlipwayError('package_json_invalid', { problem })
  throw new SlipwayError('slipway_json_invalid', { pointer: '', problem, known: slipwayKeys })
}

/** A pointer is a text of three lines; only files of its size are read, and not many of them. */
async function findLfsPointer({ entries, text }: Source): Promise<string | null> {
  const attributes = entries.filter((entry) => /(^|\/)\.gitattributes$/.test(entry.path))
  const texts = await Promise.all(attributes.slice(0, 20).map((entry) => text(entry.path)))
  if (!texts.some((content) => content?.includes('filter=lfs') ?? false)) return null
  const candidates = entries.filter(
    ({ bytes, type }) => type === 'blob' && bytes > 99 && bytes < 400,
  )
  for (const { path } of candidates.slice(0, 200)) {
    if ((await text(path))?.startsWith('version https://git-lfs.github.com/spec/') ?? false) {
      return path
    }
  }
  return null
}

const anyRecord = z.record(z.string(), z.unknown()).default({})
const packageJsonSchema = z.object({
  name: z.string().catch(''),
  version: z.string().catch(''),
  scripts: z.record(z.string(), z.string()).default({}),
  dependencies: anyRecord,
  devDependencies: anyRecord,
  optionalDependencies: anyRecord,
  peerDependencies: anyRecord,
  overrides: anyRecord,
  workspaces: z.unknown().optional(),
  packageManager: z.string().nullable().default(null),
})

/** What npm reads of package.json when it installs, beside the lock file and its own settings. */
const installFields = packageJsonSchema
  .pick({
    dependencies: true,
    devDependencies: true,
    optionalDependencies: true,
    peerDependencies: true,
    overrides: true,
  })
  .catch({
    dependencies: {},
    devDependencies: {},
    optionalDependencies: {},
    peerDependencies: {},
    overrides: {},
  })
const installFiles = ['package-lock.json', 'npm-shrinkwrap.json', '.npmrc']
const installScripts = [
  'preinstall',
  'install',
  'postinstall',
  'prepublish',
  'preprepare',
  'prepare',
  'postprepare',
]

function describeInstall(
  entries: readonly TreeEntry[],
  root: string,
  packageText: string | null,
): string {
  const files = installFiles.map(
    (name) => entries.find(({ path }) => path === `${root}${name}`)?.oid ?? null,
  )
  const fields =
    packageText === null
      ? null
      : installFields.parse(parseConfigJson(packageText, 'package_json_invalid'))
  return JSON.stringify([root, files, fields])
}

function parsePackageJson(text: string | null): PackageJson | null {
  if (text === null) return null
  const parsed = packageJsonSchema.safeParse(parseConfigJson(text, 'package_json_invalid'))
  if (!parsed.success) {
    const { pointer, problem } = firstIssue(parsed.error)
    throw new SlipwayError('package_json_invalid', { problem: `${pointer} ${problem}`.trim() })
  }
  const { name, version, scripts, dependencies, devDependencies, packageManager, workspaces } =
    parsed.data
  const names = [...Object.keys(dependencies), ...Object.keys(devDependencies)]
  const hasOwnInstall =
    workspaces !== undefined || installScripts.some((name) => scripts[name] !== undefined)
  return { name, version, scripts, dependencies: new Set(names), packageManager, hasOwnInstall }
}
