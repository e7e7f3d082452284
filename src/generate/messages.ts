/** What the server asks of a worker, and how an answer lists its files. */
import type { AppRequest, StoreFile } from '../contracts/generate.ts'
import type { Framework } from '../domain/project.ts'
import type { Prebuilt } from './prebuilt.ts'

export type WorkerRequest =
  | { readonly kind: 'prebuild'; readonly framework: Framework }
  | {
      readonly kind: 'generate'
      readonly request: AppRequest
      readonly prebuilt: Omit<Prebuilt, 'files'>
    }
  | { readonly kind: 'eject'; readonly request: AppRequest }

export interface ListedFile {
  readonly name: string
  /** Lengths; null where there is none. */
  readonly bytes: number
  readonly brotli: number | null
  readonly gzip: number | null
}

/** The bytes of all files are the body, in this order. */
export function listFiles(files: readonly StoreFile[]): {
  readonly listed: readonly ListedFile[]
  readonly body: readonly Uint8Array[]
} {
  return {
    listed: files.map(({ name, bytes, brotli, gzip }) => ({
      name,
      bytes: bytes.length,
      brotli: brotli?.length ?? null,
      gzip: gzip?.length ?? null,
    })),
    body: files.flatMap(({ bytes, brotli, gzip }) =>
      [bytes, brotli, gzip].filter((part) => part !== null),
    ),
  }
}
