/**
 * Compiles the files of a table as one module. A bundler asks for each file and each import by
 * itself, and takes several times as long; in the files of a table, both are known by their form.
 */
import { dirname, join } from 'node:path/posix'
import { minifySync, transformSync } from 'rolldown/utils'
import { transformOptions } from './bundle.ts'
import { type Chunk, isPage, pageName } from './chunks.ts'
import type { ComponentCompiler, Sources } from './serve-sources.ts'

export interface PageCompilers extends Pick<Sources, 'findOutside'> {
  readonly compileComponent: ComponentCompiler | null
}

/** Exports every page by its name. Throws where a file is of another form than those of templates. */
export function compilePages(
  { folder, files }: Pick<Chunk, 'folder' | 'files'>,
  compilers: PageCompilers,
): string {
  const hasJsx = [...files.keys()].some((path) => path.endsWith('.tsx'))
  const id = `${folder}.${hasJsx ? 'tsx' : 'ts'}`
  const script = transformSync(id, joinFiles(files, compilers), transformOptions)
  refuseErrors(id, script)
  const minified = minifySync(`${folder}.js`, script.code, { module: true })
  refuseErrors(id, minified)
  return minified.code
}

/** What they import of each other is there already; what they import of others, they do once. */
function joinFiles(
  files: ReadonlyMap<string, string>,
  { findOutside, compileComponent }: PageCompilers,
): string {
  const names = new Map<string, Set<string>>()
  const joined = new Map<string, string>()
  for (const [path, source] of files) {
    const text = path.endsWith('.vue') ? compileComponent?.(path, source) : source
    if (text === undefined) throw new Error(`${path}: no compiler for this kind of file`)
    const { imports, body } = takeImports(path, text)
    for (const { specifier, imported } of imports) {
      const id = specifier.startsWith('.') ? join(dirname(path), specifier) : null
      if (id !== null && joined.has(id)) continue
      if (id !== null && files.has(id)) throw new Error(`${path}: ${id} comes after it`)
      const from = id === null ? specifier : findOutside(id)
      names.set(from, new Set([...(names.get(from) ?? []), ...imported]))
    }
    joined.set(path, isPage(path) ? holdPage(path, body) : body.replace(/^export /gm, ''))
  }
  const pages = [...files.keys()].filter(isPage).map(pageName)
  return [
    ...[...names].map(
      ([from, imported]) => `import { ${[...imported].join(', ')} } from ${JSON.stringify(from)}`,
    ),
    ...joined.values(),
    `export { ${pages.map((page) => `$${page} as ${page}`).join(', ')} }`,
  ].join(';\n')
}

interface Taken {
  readonly imports: readonly { readonly specifier: string; readonly imported: readonly string[] }[]
  readonly body: string
}

const importStatement = /\s*import (type )?\{([\w$, ]+)\} from (['"])([^'"\n]+)\3\n/y

/** Those on top, one a line. No text of users begins a line, so none can be taken for one. */
function takeImports(path: string, text: string): Taken {
  const imports: Taken['imports'][number][] = []
  let end = 0
  importStatement.lastIndex = 0
  for (let found = importStatement.exec(text); found !== null; found = importStatement.exec(text)) {
    const [, type, imported = '', , specifier = ''] = found
    end = importStatement.lastIndex
    if (type === undefined) {
      imports.push({ specifier, imported: imported.split(',').map((name) => name.trim()) })
    }
  }
  const body = text.slice(end)
  if (/^import\b/m.test(body)) throw new Error(`${path}: imports in another way than pages do`)
  return { imports, body }
}

/** No name that a template gives begins with a dollar. */
function holdPage(path: string, body: string): string {
  const held = body.replace(/^export default /m, `const $$${pageName(path)} = `)
  if (held === body) throw new Error(`${path}: a page is the default export`)
  return held
}

function refuseErrors(
  id: string,
  { errors: [error] }: { readonly errors: readonly { readonly message: string }[] },
): void {
  if (error !== undefined) throw new Error(`${id}: ${error.message}`)
}
