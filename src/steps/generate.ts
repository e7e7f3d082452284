/** generate: makes an app out of `schema.json`. Pushed apps bring their own. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { limits } from '../config.ts'
import type { AppGenerator, AppStore } from '../contracts.ts'
import { identityOf, type ReadSchema, requireSource, type Step } from '../pipeline/step.ts'

interface GenerateParts {
  readonly appGenerator: AppGenerator
  readonly appStore: AppStore
  readonly readSchema: ReadSchema
}

export function createGenerate(parts: GenerateParts): Step<'plan' | 'sourceDir', 'generated'> {
  const { appGenerator, appStore, readSchema } = parts
  return {
    name: 'generate',
    timeoutMs: limits.stepTimeoutMs,
    isIdle: ({ plan }) => plan.kind !== 'schema',
    run: async ({ project, signal, output, summarise, skip }, facts) => {
      const { plan } = facts
      if (plan.kind !== 'schema') {
        skip('the commit holds the whole app')
        return { generated: null }
      }
      const { schema } = await readSchema(project, plan.schemaOid)
      const request = { schema, identity: identityOf(project) }
      const { rootPage, subdirectoryPage, storeFiles } = await appGenerator.generate(
        request,
        signal,
        (packages) => {
          const list = packages.map(({ name, version }) => `${name} ${version}`).join(', ')
          output(`making the parts that all ${schema.framework} apps share, once: ${list}`)
        },
      )
      const newFiles = await appStore.keep(storeFiles)
      await writeFile(join(requireSource(facts), 'index.html'), rootPage)
      const tables = schema.tables.length
      summarise(
        `${tables} ${tables === 1 ? 'table' : 'tables'}, ${storeFiles.length} files, ` +
          (newFiles === storeFiles.length ? 'all new' : `${newFiles} of them new`),
      )
      return { generated: { subdirectoryPage, store: storeFiles.map(({ name }) => name) } }
    },
  }
}
