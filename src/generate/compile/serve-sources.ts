/** Gives the bundler sources that lie on no disk, and keeps everything else outside of the bundle. */
import { dirname, join } from 'node:path/posix'
import type { Plugin } from 'rolldown'

/** A `.vue` file as TypeScript: its script, with its template in it. */
export type ComponentCompiler = (path: string, source: string) => string

export interface Sources {
  /** By id, which begins with `/`. */
  readonly files: ReadonlyMap<string, string>
  /** What a relative import stands for that names none of the files; throws where it is wrong. */
  readonly findOutside: (id: string) => string
  readonly compileComponent: ComponentCompiler | null
}

export function serveSources({ files, findOutside, compileComponent }: Sources): Plugin {
  return {
    name: 'serve-sources',
    resolveId: (specifier, importer) => {
      if (importer === undefined) return specifier
      if (!files.has(importer)) return null
      // Packages are in a file of their own, and style sheets in the page.
      if (!specifier.startsWith('.') || specifier.endsWith('.css')) {
        return { id: specifier, external: true }
      }
      const id = join(dirname(importer), specifier)
      return files.has(id) ? id : { id: findOutside(id), external: true }
    },
    load: (id) => {
      const source = files.get(id)
      if (source === undefined) return null
      if (!id.endsWith('.vue')) return { code: source }
      if (compileComponent === null) throw new Error(`${id}: no compiler for this kind of file`)
      return { code: compileComponent(id, source), moduleType: 'ts' }
    },
  }
}
