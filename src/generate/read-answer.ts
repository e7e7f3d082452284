/**
 * What the server takes for an answer of a worker. A worker reads strangers' texts, so its answers
 * are read as a stranger's: shape, sizes, and names against bytes.
 */
import { z } from 'zod'
import type { SourceFile, StoreFile } from '../contracts/generate.ts'
import { limits } from '../domain/limits.ts'
import { isTrueStoreFile } from './compile/store-file.ts'
import type { Frame } from './frames.ts'
import type { ListedFile } from './messages.ts'
import { type Prebuilt, prebuiltShape } from './prebuilt.ts'

export interface GeneratedPages {
  readonly rootPage: string
  readonly subdirectoryPage: string
  /** Of this app alone. */
  readonly files: readonly StoreFile[]
  readonly compiled: readonly string[]
}

export interface Outer {
  /** Why the worker could not do it, for people; null where it could. */
  readonly problem: string | null
  /** Of the worker as a whole, as it tells. */
  readonly memoryBytes: number
}

/** What every answer has. Throws for what is no answer. */
export function readOuter({ header }: Frame): Outer {
  const { problem, memoryBytes } = outerShape.parse(header)
  return {
    problem: problem?.replace(/[^\p{L}\p{N}\p{P}\p{S} ]+/gu, ' ').slice(0, 500) ?? null,
    memoryBytes,
  }
}

/** Throws unless every file is what its name says. */
export function readGenerated({ header, body }: Frame): GeneratedPages {
  const { files, ...pages } = generatedShape.parse(header)
  return { ...pages, files: readFiles(files, body, 'js') }
}

export function readPrebuilt({ header, body }: Frame): Prebuilt {
  const { files, prebuilt } = prebuildShape.parse(header)
  return checkPrebuilt({ ...prebuilt, files: readFiles(files, body) })
}

/** Throws unless the files are those that are named, each what its name says. */
export function checkPrebuilt(prebuilt: Prebuilt): Prebuilt {
  const { vendor, kit, style, icon, files } = prebuilt
  const named = new Set([vendor.name, kit, style, icon])
  const isWhole = files.length === named.size && files.every(({ name }) => named.has(name))
  if (!isWhole || !files.every(isTrueStoreFile)) throw new Error('the files are not those named')
  return prebuilt
}

export function readEjected({ header }: Frame): readonly SourceFile[] {
  const { sources } = ejectedShape.parse(header)
  if (new Set(sources.map(({ path }) => path.toLowerCase())).size !== sources.length) {
    throw new Error('two sources have one path')
  }
  return sources
}

const outerShape = z.object({
  problem: z.string().max(10_000).nullable(),
  memoryBytes: z.int().nonnegative(),
})

const length = z.int().nonnegative().max(limits.generatedBytesMax)

const filesShape = z
  .array(
    z.object({
      name: z.string(),
      bytes: length,
      brotli: length.nullable(),
      gzip: length.nullable(),
    }),
  )
  .max(limits.generatedFilesMax)

const pageShape = z.string().max(64 * 1024)

const generatedShape = z.object({
  rootPage: pageShape,
  subdirectoryPage: pageShape,
  files: filesShape,
  compiled: z.array(z.string()).max(limits.generatedFilesMax),
})

const prebuildShape = z.object({ prebuilt: prebuiltShape, files: filesShape })

/** No part of a path leads upwards or is hidden, but for settings of tools at the top. */
const pathShape = z
  .string()
  .max(200)
  .regex(/^(?:\.(?!git$)[a-z][a-z.-]*|[\w-][\w.-]*(?:\/[\w-][\w.-]*)*)$/)

const ejectedShape = z.object({
  sources: z.array(z.object({ path: pathShape, text: z.string() })).max(limits.generatedFilesMax),
})

function readFiles(
  listed: readonly ListedFile[],
  body: Buffer,
  extension: string | null = null,
): readonly StoreFile[] {
  let offset = 0
  const take = (bytes: number): Buffer => {
    offset += bytes
    return body.subarray(offset - bytes, offset)
  }
  const files = listed.map(({ name, bytes, brotli, gzip }) => ({
    name,
    bytes: take(bytes),
    brotli: brotli === null ? null : take(brotli),
    gzip: gzip === null ? null : take(gzip),
  }))
  if (offset !== body.length) throw new Error('the files are longer or shorter than they are said')
  for (const file of files) {
    const isOfKind = extension === null || file.name.endsWith(`.${extension}`)
    if (!isOfKind || !isTrueStoreFile(file)) throw new Error(`${file.name} is not what it is named`)
  }
  return files
}
