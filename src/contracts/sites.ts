/** What the core asks of the published files, of the nginx in front of them, and of what generates them. */
import type { HostName, Slug } from '../domain/names.ts'
import type { Project, SiteAddress } from '../domain/project.ts'
import type { SiteRules } from '../domain/site-rules/site-rules.ts'

export interface ReleaseSummary {
  readonly files: number
  readonly bytes: number
  /** Links, dot-files and the like that were left out, as text for people; at most 20. */
  readonly leftOut: readonly string[]
  /** What `_headers` and `_redirects` at its top ask for. They are not published themselves. */
  readonly rules: SiteRules
  readonly compressedMs: number
}

export interface SiteAnswer {
  readonly status: number
  readonly contentType: string
  /** By their names in small letters. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Buffer
}

/** What a release is made of: a folder on disk, or files in memory. */
export type ReleaseSource = { readonly dir: string } | { readonly files: readonly WholeFile[] }

/** By its path below the top, without an empty name in it; no path is there twice. */
export interface WholeFile {
  readonly path: string
  /** Null for a symbolic link: it is told, and left out. */
  readonly content: Buffer | null
}

/** The published files and the nginx in front of them. */
export interface Sites {
  /**
   * Copies what is given into `releases/<number>`, complete and synced before it has that name. Follows
   * no link. Fills the pool with its content-hashed files. Throws `missing_index_html`,
   * `output_refused`, `output_too_large`, `site_rules_invalid` (as `InvalidSiteRules`), `disk_full`
   * or `folder_not_writable`; then no release is left behind.
   */
  readonly publish: (release: {
    readonly slug: Slug
    readonly number: number
    readonly from: ReleaseSource
    /** Where `index.html` is missing, the error names this. */
    readonly outputName: string
    readonly spaFallback: boolean
    /**
     * Where the release is shown; the other address leads there. `subdomain`, unless it is said. All
     * hosts of the project are as its sub-domain is.
     */
    readonly address?: SiteAddress
    /** Has it shown at both addresses, with this as `index.html` in the sub-directory. */
    readonly subdirectoryPage?: string | null
    /** Kept as it is. `store` names the files of the `AppStore` that the release needs. */
    readonly manifest: Readonly<Record<string, unknown>>
    readonly signal: AbortSignal
  }) => Promise<ReleaseSummary>
  /** Where the release is shown once it is live. */
  readonly addressesOf: (slug: Slug, number: number) => Promise<readonly SiteAddress[]>
  /** What the release asks of nginx; nothing where there is no such release. */
  readonly rulesOf: (slug: Slug, number: number) => Promise<SiteRules>
  /**
   * When it resolves, nginx shows the release by its rules from the moment at which it is live, and
   * those that are kept by theirs; answers whether it took a reload. `tellWait` is told the
   * milliseconds where that has to wait for its turn. Throws `nginx_refused`; then all is as before.
   */
  readonly bringRules: (
    release: {
      readonly slug: Slug
      readonly number: number
      /** All that show the project's site; asked for where nginx knows of no rules of it yet. */
      readonly hosts: () => readonly HostName[]
    },
    tellWait: (ms: number) => void,
  ) => Promise<boolean>
  /** For a release that did not go live after all. Does not wait for nginx. */
  readonly takeBackRules: (slug: Slug, number: number) => Promise<void>
  readonly removeRelease: (slug: Slug, number: number) => Promise<void>
  readonly listReleases: (slug: Slug) => Promise<readonly number[]>
  /** The number that `current` names; null where nothing is live. */
  readonly currentRelease: (slug: Slug) => Promise<number | null>
  /**
   * Makes the release live by one rename(2); null takes the site down. Idempotent. The settings
   * that belong to the release (SPA fallback) change with it.
   */
  readonly activate: (slug: Slug, number: number | null) => Promise<void>
  /** Removes releases, oldest first, but for the newest `keep` and those in `protect`. */
  readonly pruneReleases: (
    slug: Slug,
    keep: number,
    protect: readonly number[],
  ) => Promise<readonly number[]>
  /** Makes the host serve the project. Needs no reload. Answers whether it did not before. */
  readonly linkHost: (slug: Slug, host: HostName) => Promise<boolean>
  /**
   * Makes the host send its visitors to another, with what they asked for. Needs no reload. Answers
   * whether it did not before.
   */
  readonly linkRedirect: (host: HostName, target: HostName) => Promise<boolean>
  /** Whatever it leads to. */
  readonly unlinkHost: (host: HostName) => Promise<void>
  /**
   * Makes `FRONTEND_DOMAIN/apps/<slug>/` lead to the project. What of a release is shown there the
   * release says itself; where it has nothing for it, visitors are sent to the project's host. Needs
   * no reload. Answers whether it did not before.
   */
  readonly linkSubdirectory: (slug: Slug) => Promise<boolean>
  readonly unlinkSubdirectory: (slug: Slug) => Promise<void>
  /** Asks the running nginx, as a visitor of the host would. Throws `nginx_unreachable`. */
  readonly ask: (host: HostName, path: string, signal: AbortSignal) => Promise<SiteAnswer>
  /** Everything of the project on disk. */
  readonly removeSite: (slug: Slug) => Promise<void>
  /** True where nginx answers with our configuration. */
  readonly isServing: () => Promise<boolean>
}

/** What generates the files of a site that comes from no commit of the user's. */
export interface Generator {
  /** Writes the welcome page of a new project into `dir`. */
  readonly writeWelcomePage: (
    project: Project,
    links: { readonly siteUrl: string; readonly remoteUrl: string },
    dir: string,
  ) => Promise<void>
}
