/** The names of all variables that a build sees, in order. */
import type { Config } from '../../src/config.ts'
import { buildEnvironment as sandboxEnvironment } from '../../src/build/sandbox-command.ts'
import { noOptions } from '../../src/domain/deployment.ts'
import { parseProjectId, parseSlug } from '../../src/domain/names.ts'
import { defaultProjectSettings } from '../../src/domain/project.ts'
import { buildEnvironment } from '../../src/pipeline/build-command.ts'

export function readBuildVariables(config: Config): readonly string[] {
  const id = parseProjectId('1')
  const createdAt = new Date(0)
  const environment = buildEnvironment(config, {
    variables: {},
    project: {
      id,
      slug: parseSlug('hello'),
      name: 'Hello',
      schemaName: null,
      framework: null,
      productionBranch: 'main',
      settings: defaultProjectSettings,
      createdAt,
    },
    deployment: {
      projectId: id,
      number: 1,
      status: 'queued',
      trigger: 'push',
      commit: null,
      branch: 'main',
      actor: 'ada',
      options: noOptions,
      release: null,
      error: null,
      createdAt,
      startedAt: null,
      finishedAt: null,
    },
  })
  const registry = { registry: '', cafile: null, proxy: null, httpsProxy: null, noProxy: null }
  return Object.keys(
    sandboxEnvironment(
      { rootDir: '.', environment, network: 'none' },
      { source: '', home: '', tmp: '', programs: '', compiled: '', registry },
    ),
  )
}
