/** Compiles chunks. What becomes of one depends on nothing but its own files. */
import { basename } from 'node:path/posix'
import { limits } from '../../domain/limits.ts'
import { Recent } from '../recent.ts'
import { bundle } from './bundle.ts'
import type { Chunk } from './chunks.ts'
import { cutAtAddresses, type CutCode, pagePrefix } from './cut-code.ts'
import { compilePages } from './compile-pages.ts'
import { type ComponentCompiler, serveSources } from './serve-sources.ts'

export interface CompiledChunks {
  /** By folder, in the order of the chunks. */
  readonly codes: ReadonlyMap<string, CutCode>
  /** The folders of those that were not known from before. */
  readonly fresh: readonly string[]
}

export type CompileChunks = (chunks: readonly Chunk[]) => Promise<CompiledChunks>

/** What code imports from in the place of the kit. */
export const kitSpecifier = '#kit'
export const kitPath = 'src/kit/index.ts'

/** Remembers what it has compiled, within the limit. */
export function createChunkCompiler(compileComponent: ComponentCompiler | null): CompileChunks {
  const known = new Recent<CutCode>(limits.compiledBytesMax, weighCode)
  const compile = compileComponent === null ? null : rememberComponents(compileComponent)
  return async (chunks) => {
    const before = new Map(chunks.map(({ folder, key }) => [folder, known.get(key)]))
    const fresh = chunks.filter(({ folder }) => before.get(folder) === undefined)
    const codes = new Map<string, CutCode>()
    for (const chunk of chunks) {
      const { folder, key } = chunk
      const code = before.get(folder) ?? cutAtAddresses(folder, await compileChunk(chunk, compile))
      known.set(key, code)
      codes.set(folder, code)
    }
    return { codes, fresh: fresh.map(({ folder }) => folder) }
  }
}

async function compileChunk(
  { folder, entry, files }: Chunk,
  compileComponent: ComponentCompiler | null,
): Promise<string> {
  if (entry === null) return compilePages({ folder, files }, { findOutside, compileComponent })
  const served = new Map([...files].map(([path, source]) => [`/${path}`, source]))
  const serve = serveSources({
    files: served,
    findOutside: (id) => findOutside(id.slice(1)),
    compileComponent,
  })
  return (await bundle([`/${entry}`], [serve])).get(`/${entry}`) ?? ''
}

function findOutside(path: string): string {
  if (path === kitPath) return kitSpecifier
  if (!/^src\/tables\/\w+\/\w+\.(?:tsx|vue)$/.test(path)) throw new Error(`there is no ${path}`)
  return `${pagePrefix}${path}`
}

/** A component that stays as it is while another file of its chunk changes is not compiled again. */
function rememberComponents(compile: ComponentCompiler): ComponentCompiler {
  const known = new Recent<string>(limits.compiledBytesMax, weighText)
  return (path, source) => {
    const key = `${basename(path)}\0${source}`
    const before = known.get(key)
    if (before !== undefined) return before
    const compiled = compile(basename(path), source)
    known.set(key, compiled)
    return compiled
  }
}

function weighCode({ pieces }: CutCode): number {
  const texts = pieces.filter((piece) => typeof piece === 'string')
  return 2 * texts.reduce((sum, { length }) => sum + length, 0) + 1_000
}

function weighText(text: string, key: string): number {
  return 2 * (text.length + key.length) + 200
}
