/** A project: one app with one git repository and one or more hosts. */
import type { Oid, ProjectId, Slug } from './names.ts'

export const projectStatuses = ['created', 'deploying', 'deployed', 'failed'] as const
/** `failed`: the newest deployment failed; what was live before still is. */
export type ProjectStatus = (typeof projectStatuses)[number]

export interface Project {
  readonly id: ProjectId
  readonly slug: Slug
  /** What people call it: up to 200 characters, any script. */
  readonly name: string
  readonly schemaName: string | null
  readonly framework: Framework | null
  /** The branch whose pushes go live. */
  readonly productionBranch: string
  readonly settings: ProjectSettings
  readonly createdAt: Date
}

export const frameworks = ['react', 'vue'] as const
export type Framework = (typeof frameworks)[number]

export const siteAddresses = ['subdomain', 'subdirectory'] as const
/** `<slug>.FRONTEND_DOMAIN/` or `FRONTEND_DOMAIN/apps/<slug>/`. */
export type SiteAddress = (typeof siteAddresses)[number]

export interface ProjectSettings {
  /**
   * Where a pushed app is. In a sub-directory it shares its origin with all others there, so this is
   * the operator's to decide. Generated apps are at both.
   */
  readonly address: SiteAddress
  /** What a newer push does to a deployment of the same branch that is running already. */
  readonly onNewerPush: 'finish' | 'cancel'
  /** Releases that are kept whatever comes after them. */
  readonly pinnedReleases: readonly number[]
  /**
   * Of a project that was created without a schema: the blob that the platform's had when it was
   * taken last, or `none` as long as there was none. Null where it is not taken from there.
   */
  readonly pulledSchema: string | null
}

export const defaultProjectSettings: ProjectSettings = {
  address: 'subdomain',
  onNewerPush: 'finish',
  pinnedReleases: [],
  pulledSchema: null,
}

/** Where visitors find its sub-directory, below FRONTEND_DOMAIN. */
export function subdirectoryPath(slug: Slug): string {
  return `/apps/${slug}/`
}

/** Below which a pushed app of the project is built and served; null for the root of a host. */
export function basePathOf({ slug, settings }: Pick<Project, 'slug' | 'settings'>): string | null {
  return settings.address === 'subdirectory' ? subdirectoryPath(slug) : null
}

/** What is live: a release, by the number of the deployment that made it. */
export interface LiveRelease {
  readonly number: number
  readonly commit: Oid | null
}
