/** When a release may be made live: not at an address that was taken back from its project. */
import { describe, expect, test } from 'vitest'
import type { Sites } from '../../src/contracts.ts'
import { defaultProjectSettings, type SiteAddress } from '../../src/domain/project.ts'
import { createActivate } from '../../src/steps/activate.ts'
import { contextOf } from '../tools/step-context.ts'
import { newProject } from '../tools/store.ts'

describe('activate', () => {
  async function activate(
    addresses: readonly SiteAddress[],
    allowed: SiteAddress,
  ): Promise<readonly (number | null)[]> {
    const made: (number | null)[] = []
    const sites: Pick<Sites, 'activate' | 'addressesOf'> = {
      addressesOf: () => Promise.resolve(addresses),
      activate: (_slug, number) => Promise.resolve(made.push(number)).then(() => undefined),
    }
    const settings = { ...defaultProjectSettings, address: allowed }
    const { context } = contextOf({ ...newProject(), settings })
    await createActivate({ sites }).run(context, { release: 7, previousRelease: 6, hosts: [] })
    return made
  }

  test.each([
    [['subdomain'], 'subdomain'],
    [['subdomain'], 'subdirectory'],
    [['subdirectory'], 'subdirectory'],
    [['subdomain', 'subdirectory'], 'subdomain'],
    [['subdomain', 'subdirectory'], 'subdirectory'],
  ] as const)('makes a release for %j live where the project is at its %s', async (made, now) => {
    expect(await activate(made, now)).toEqual([7])
  })

  test('refuses a release of a pushed app in a sub-directory that is not allowed any more', async () => {
    await expect(activate(['subdirectory'], 'subdomain')).rejects.toMatchObject({
      code: 'rollback_address',
      message: expect.stringContaining('Release v7 was made for a sub-directory'),
    })
  })
})
