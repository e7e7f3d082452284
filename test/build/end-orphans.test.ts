import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { endOrphans } from '../../src/build/end-orphans.ts'
import { endGroup, startProcess } from '../../src/machine/run-command.ts'
import { until } from '../tools/until.ts'

// A user of the test's own: other tests build at the same time.
const uid = 100_000 + 2 * process.pid
const nobody = { uid, gid: uid }
const sandbox = ['--unshare-all', '--ro-bind', '/', '/', 'sleep']

test.runIf(process.geteuid?.() === 0)(
  'a sandbox whose server was killed before it could notice is ended, and no other',
  async () => {
    const [orphaned, owned] = [`87${process.pid}.1`, `87${process.pid}.2`]
    const child = startProcess({ program: 'bwrap', args: [...sandbox, owned], runAs: nobody }, [
      'ignore',
      'ignore',
      'inherit',
    ])
    // Without --die-with-parent it outlives the shell, as in the moment before it takes effect.
    const shell = startProcess(
      {
        program: 'sh',
        args: ['-c', 'bwrap "$@" & exit', 'sh', ...sandbox, orphaned],
        runAs: nobody,
      },
      ['ignore', 'ignore', 'ignore'],
    )
    try {
      await until(async () => (await isRunning(owned)) && (await isRunning(orphaned)))
      await endOrphans(nobody.uid + 1)
      expect(await isRunning(orphaned)).toBe(true)
      await endOrphans(nobody.uid)
      await until(async () => !(await isRunning(orphaned)))
      expect(await isRunning(owned)).toBe(true)
    } finally {
      endGroup(child)
      endGroup(shell)
    }
  },
)

async function isRunning(mark: string): Promise<boolean> {
  for (const name of await readdir('/proc')) {
    const words = await readFile(`/proc/${name}/cmdline`, 'latin1').catch(() => '')
    if (words === `sleep\0${mark}\0`) return true
  }
  return false
}
