/** Files of the store: named by their bytes, with what nginx sends in their place compressed. */
import { hash } from 'node:crypto'
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  gunzipSync,
  gzipSync,
} from 'node:zlib'
import type { StoreFile } from '../../contracts/generate.ts'

export type Effort = 'quick' | 'small'

/** `small` takes a hundred times as long as `quick`, for files that are made once. */
export function makeStoreFile(text: string, extension: string, effort: Effort): StoreFile {
  // No part of a buffer that is shared with others: many files are kept, each by itself.
  const bytes = new TextEncoder().encode(text)
  const brotli = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: effort === 'quick' ? 5 : 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  })
  const gzip = gzipSync(bytes, { level: effort === 'quick' ? 6 : 9 })
  const smaller = (packed: Buffer): Uint8Array | null =>
    packed.length < bytes.length ? new Uint8Array(packed) : null
  return { name: nameBytes(bytes, extension), bytes, brotli: smaller(brotli), gzip: smaller(gzip) }
}

/** Lower-case only, since there are disks that don't tell cases apart. */
export function nameBytes(bytes: Uint8Array, extension: string): string {
  return `${hash('sha256', bytes).slice(0, 32)}.${extension}`
}

/** Whether a file is what its name says, packed or not; a name belongs to the apps of all. */
export function isTrueStoreFile({ name, bytes, brotli, gzip }: StoreFile): boolean {
  const extension = /^[0-9a-f]{32}\.(js|css|svg)$/.exec(name)?.[1]
  if (extension === undefined || nameBytes(bytes, extension) !== name) return false
  const lengthMax = { maxOutputLength: Math.max(1, bytes.length) }
  try {
    return (
      (brotli === null || brotliDecompressSync(brotli, lengthMax).equals(bytes)) &&
      (gzip === null || gunzipSync(gzip, lengthMax).equals(bytes))
    )
  } catch {
    return false
  }
}
