/** Makes the `.gz` that nginx serves as it is, where that is worth it. */
import { open, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { sealFile } from './copy-file.ts'

const gzipAsync = promisify(gzip)

/** Less than this fits into one packet anyway. */
const compressedBytesMin = 1024

const compressible = new Set(
  `html htm css js mjs cjs json map svg txt xml webmanifest wasm md csv ico bmp ttf otf eot rss atom
   geojson yaml yml xhtml vtt ics`
    .trim()
    .split(/\s+/),
)

export function isCompressible(path: string, bytes: number): boolean {
  const extension = /\.([a-z0-9]{1,12})$/i.exec(path)?.[1]?.toLowerCase()
  return bytes >= compressedBytesMin && extension !== undefined && compressible.has(extension)
}

/** Answers false, and writes nothing, where the result is not smaller. */
export async function compressFile(path: string, modifiedAt: number): Promise<boolean> {
  const plain = await readFile(path)
  const packed = await gzipAsync(plain, { level: 9 })
  if (packed.length >= plain.length) return false
  const file = await open(`${path}.gz`, 'wx', 0o644)
  try {
    await file.writeFile(packed)
    await sealFile(file, modifiedAt)
  } finally {
    await file.close()
  }
  return true
}
