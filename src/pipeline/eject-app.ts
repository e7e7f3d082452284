/** The source of a generated app becomes a branch, which a developer can take over. Deploys nothing. */
import type { Config } from '../config.ts'
import type { AppGenerator, ProjectStore, Repositories } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import type { Oid } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import { readSchemaFile, refuseOwnSource, serverAuthor } from './put-schema.ts'
import { checkSchemaBytes } from './schema-reader.ts'
import { identityOf } from './step.ts'

export interface EjectParts {
  readonly config: Pick<Config, 'frontendDomain'>
  readonly projects: Pick<ProjectStore, 'find'>
  readonly repositories: Repositories
  readonly appGenerator: Pick<AppGenerator, 'eject'>
}

export interface Ejected {
  readonly branch: string
  readonly commit: Oid
  /** How many files the app has. */
  readonly files: number
}

/**
 * Replaces what is on the branch; its history stays. Throws `schema_not_found`, `schema_of_source`,
 * `schema_invalid`, `eject_onto_production` and what commits throw.
 */
export async function ejectApp(
  parts: EjectParts,
  asked: Project,
  { branch, actor }: { readonly branch: string; readonly actor: string },
): Promise<Ejected> {
  const { config, projects, repositories, appGenerator } = parts
  const project = projects.find(asked.id) ?? asked
  const { id, productionBranch } = project
  if (branch === productionBranch) throw new SlipwayError('eject_onto_production', { branch })
  const file = await readSchemaFile(repositories, project)
  if (file === null) throw new SlipwayError('schema_not_found', { branch: productionBranch })
  refuseOwnSource(await repositories.listTree(id, file.commit), productionBranch)
  const { schema } = checkSchemaBytes(project, file.bytes)
  const sources = await appGenerator.eject({ schema, identity: identityOf(project) })
  const { commit } = await repositories.commitFiles(id, {
    branch,
    message: 'eject: the app as it is generated from schema.json',
    author: serverAuthor(config, actor),
    files: sources.map(({ path, text }) => ({ path, bytes: Buffer.from(text) })),
    others: 'go',
    madeOf: file.commit,
  })
  if (commit === null) throw new Error('an ejected app is not committed')
  return { branch, commit, files: sources.length }
}
