/** What the core asks of the place where a schema becomes an app. */
import type { Framework } from '../domain/project.ts'
import type { AppSchema } from '../domain/schema/app-schema.ts'

/** Whose app it is: the rows are read from the platform under this id. */
export interface AppIdentity {
  readonly projectId: string
  readonly slug: string
  readonly name: string
}

export interface AppRequest {
  readonly schema: AppSchema
  readonly identity: AppIdentity
}

/** One file of a project that a developer can take over. */
export interface SourceFile {
  /** Relative, with `/`, of names that Slipway chose. */
  readonly path: string
  readonly text: string
}

/** One file that every host serves at `/_s/<name>` for ever. */
export interface StoreFile {
  /** `<hash>.js`, `<hash>.css`, …: made from the bytes, so that the same name is the same file. */
  readonly name: string
  readonly bytes: Uint8Array
  /** The same, compressed; null where that would be no smaller. */
  readonly brotli: Uint8Array | null
  readonly gzip: Uint8Array | null
}

export interface GeneratedApp {
  /** `index.html` where the app has a host of its own. */
  readonly rootPage: string
  /** The same for `FRONTEND_DOMAIN/apps/<slug>/`; differs in the base only. */
  readonly subdirectoryPage: string
  /** All that the two pages and their scripts can ask for, the template's own files included. */
  readonly storeFiles: readonly StoreFile[]
  /** How many scripts of the app were compiled; the others were known from before. */
  readonly compiled: number
}

export interface InstalledPackage {
  readonly name: string
  readonly version: string
}

/** Makes apps. The same schema and the same template give the same bytes, whatever came before. */
export interface AppGenerator {
  /** Changes whenever a template or a compiler does: equal schemas are then another app. */
  readonly fingerprint: string
  /**
   * Compiled and compressed. Throws `generation_failed`; rejects with the signal's reason. Where what
   * all apps of the framework share is not there yet, `onSharing` is told of what it is made.
   */
  readonly generate: (
    request: AppRequest,
    signal: AbortSignal,
    onSharing?: (packages: readonly InstalledPackage[]) => void,
  ) => Promise<GeneratedApp>
  /** Makes beforehand what apps of these frameworks share, and of those that were made here before. */
  readonly prepare: (frameworks: readonly Framework[]) => Promise<void>
  /** The whole source: a Vite project that builds by `npm ci && npm run build`. */
  readonly eject: (request: AppRequest) => Promise<readonly SourceFile[]>
}

/** The content-addressed files of all generated apps. */
export interface AppStore {
  /** Writes those that are not there yet, durable when it returns. Answers how many were new. */
  readonly keep: (files: readonly StoreFile[]) => Promise<number>
}
