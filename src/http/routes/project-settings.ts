/** Changing a project: its name, and what its deployments do. */
import { z } from 'zod'
import type { ProjectStore, Token } from '../../contracts.ts'
import { SlipwayError } from '../../domain/errors.ts'
import { type Project, type ProjectSettings, siteAddresses } from '../../domain/project.ts'
import { answerJson } from '../answer.ts'
import { presentProject } from '../present.ts'
import { InvalidBody } from '../problem.ts'
import { readState, type StateParts } from '../project-state.ts'
import type { RouteTable } from '../route.ts'
import { projectShape } from '../shapes.ts'
import { displayName } from './display-name.ts'

export interface ProjectSettingsParts extends StateParts {
  readonly projects: ProjectStore
}

const change = z.strictObject({
  name: displayName(200).optional(),
  settings: z
    .strictObject({
      address: z
        .enum(siteAddresses)
        .optional()
        .describe('Where a pushed app is, from its next deployment on. See "Sub-directories".'),
      on_newer_push: z
        .enum(['finish', 'cancel'])
        .optional()
        .describe('What a newer push does to a deployment of the same branch that runs.'),
      pinned_releases: z
        .array(z.int().min(1).max(999_999_999))
        .max(100, 'must have at most 100 entries')
        .optional()
        .describe('Releases that are kept whatever comes after them.'),
    })
    .optional(),
})

export function addProjectSettingsRoutes(table: RouteTable, parts: ProjectSettingsParts): void {
  table.project({
    method: 'PATCH',
    path: '/api/v1/runtime/projects/:project',
    access: 'admin',
    audit: 'project.update',
    summary: 'Changes the name or the settings of a project.',
    description: 'What is not named stays as it is.',
    body: change,
    example: { name: 'My app', settings: { pinned_releases: [12] } },
    answers: { 200: answerJson('The project as it is now.', projectShape) },
    refusals: ['subdirectory_refused'],
    handle: async (project, { token, body: { name, settings } }) => {
      const pinned = settings?.pinned_releases
      if (pinned !== undefined) await refuseUnknown(parts, project, pinned)
      const before = parts.projects.find(project.id) ?? project
      const address = settings?.address ?? before.settings.address
      // It gives the app the origin of others, so their owner can't grant it to themselves.
      if (address === 'subdirectory' && before.settings.address !== address) requireOperator(token)
      const changed: ProjectSettings = {
        ...before.settings,
        address,
        ...(settings?.on_newer_push && { onNewerPush: settings.on_newer_push }),
        ...(pinned && { pinnedReleases: [...new Set(pinned)] }),
      }
      parts.projects.update(project.id, { ...(name !== undefined && { name }), settings: changed })
      const now = parts.projects.find(project.id) ?? project
      return presentProject(await readState(parts, now), parts.config)
    },
  })
}

function requireOperator({ projectId }: Token): void {
  if (projectId !== null) throw new SlipwayError('subdirectory_refused')
}

/** A number that is mistyped would keep nothing, and nobody would know before it is too late. */
async function refuseUnknown(
  { sites }: ProjectSettingsParts,
  project: Project,
  pinned: readonly number[],
): Promise<void> {
  const existing = await sites.listReleases(project.slug)
  const errors = pinned.flatMap((number, index) =>
    existing.includes(number)
      ? []
      : [
          {
            pointer: `/settings/pinned_releases/${index}`,
            detail: `there is no release v${number}; these are there: ${existing.join(', ')}`,
          },
        ],
  )
  if (errors.length > 0) throw new InvalidBody(errors)
}
