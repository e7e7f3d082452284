/**
 * Ends the processes of a build that ran without a sandbox. They are known by the HOME that they
 * inherited; one that hides it stays, which is among the reasons to have a sandbox.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'

/** Returns when a look at all processes of the user found none. */
export async function endMarkedProcesses(homeDir: string, uid: number): Promise<void> {
  let undecidedRounds = 0
  for (let round = 0; round < roundsMax; round += 1) {
    const { marked, undecided } = await lookAtProcesses(homeDir, uid)
    for (const pid of marked) endProcess(pid)
    if (marked.length > 0) continue
    // A program that is just being started shows no environment yet.
    if (undecided === 0 || undecidedRounds === undecidedRoundsMax) return
    undecidedRounds += 1
    await wait(pauseMs)
  }
  throw new Error(`processes with HOME=${homeDir} could not be ended`)
}

const roundsMax = 1_000
const undecidedRoundsMax = 40
const pauseMs = 5

async function lookAtProcesses(
  homeDir: string,
  uid: number,
): Promise<{ readonly marked: readonly number[]; readonly undecided: number }> {
  const marked: number[] = []
  let undecided = 0
  for (const name of await readdir('/proc')) {
    if (!/^[0-9]+$/.test(name) || (await ownerOf(name)) !== uid) continue
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => null)
    if (environment === '') undecided += (await isRunning(name)) ? 1 : 0
    else if (environment?.split('\0').includes(`HOME=${homeDir}`) === true) {
      marked.push(Number(name))
    }
  }
  return { marked, undecided }
}

async function ownerOf(name: string): Promise<number | null> {
  const found = await stat(`/proc/${name}`).catch(() => null)
  return found?.uid ?? null
}

/** False for one that has ended and waits for its parent to notice. */
async function isRunning(name: string): Promise<boolean> {
  const text = await readFile(`/proc/${name}/stat`, 'latin1').catch(() => '')
  const state = text.slice(text.lastIndexOf(')') + 2, text.lastIndexOf(')') + 3)
  return state !== '' && state !== 'Z' && state !== 'X'
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // ESRCH: it has ended meanwhile.
  }
}
