/**
 * What the hooks of one push say, taken apart. Bytes of the pusher become typed here, or the push is
 * declined as a whole.
 */
import { randomUUID } from 'node:crypto'
import type { ArrivedPush, IncomingPush, PushOrigin } from '../contracts.ts'
import { SlipwayError } from '../domain/errors.ts'
import { toOid } from '../domain/names.ts'
import type { Project } from '../domain/project.ts'
import type { RefCommand } from '../domain/push.ts'
import { type GitLimits, hiddenRefs } from './git-command.ts'
import type { HookChannel } from './hook-channel.ts'

export interface Pusher {
  readonly project: Project
  readonly actor: string
  readonly from: PushOrigin
  readonly repositoryDir: string
  readonly limits: GitLimits
}

/**
 * What pre-receive says; null where git ended without running it. `refusal` is set where the push
 * is declined whatever the handler says.
 */
export async function readIncomingPush(
  channel: HookChannel,
  { project, actor, from, repositoryDir, limits }: Pusher,
): Promise<{ readonly push: IncomingPush; readonly refusal: SlipwayError | null } | null> {
  const opening = await channel.readLine()
  if (opening === null) return null
  expectLine(opening, 'pre-receive')
  const [, quarantineDir] = splitWord(await readLineOrThrow(channel))
  const quarantine = buildQuarantine(repositoryDir, quarantineDir.toString())
  const options: string[] = []
  const commands: RefCommand[] = []
  let count = 0
  let refusal: SlipwayError | null = null
  for (;;) {
    const [word, rest] = splitWord(await readLineOrThrow(channel))
    if (word === 'end') break
    else if (word === 'option') options.push(rest.toString())
    else if (word === 'command') {
      count += 1
      if (count > limits.pushRefsMax || refusal !== null) continue
      const command = readRefCommand(rest, limits)
      if (command instanceof SlipwayError) refusal = command
      else commands.push(command)
    } else throw new Error('pre-receive said what it never says')
  }
  if (count > limits.pushRefsMax) {
    refusal = new SlipwayError('too_many_refs', { count, count_max: limits.pushRefsMax })
  }
  const push = { id: randomUUID(), project, actor, from, commands, options, quarantine }
  return { push, refusal }
}

/** What git says to proc-receive; null where it ended without running it. */
export async function readArrivedPush(
  channel: HookChannel,
  push: IncomingPush,
  limits: GitLimits,
): Promise<ArrivedPush | null> {
  const opening = await channel.readLine()
  if (opening === null) return null
  expectLine(opening, 'proc-receive')
  const [version] = await readSection(channel)
  const commands: RefCommand[] = []
  for (const packet of await readSection(channel)) {
    const command = readRefCommand(packet, limits)
    if (command instanceof SlipwayError) throw command
    commands.push(command)
  }
  const abilities = version?.toString('latin1').split('\0')[1]?.trim().split(' ') ?? []
  return { ...push, commands, quarantine: {}, atomic: abilities.includes('atomic') }
}

/** `<old> <new> <ref>`: git has checked the oids by now, and not yet the name of the ref. */
export function readRefCommand(line: Buffer, limits: GitLimits): RefCommand | SlipwayError {
  const oldOid = toOid(line.toString('latin1', 0, 40))
  const newOid = toOid(line.toString('latin1', 41, 81))
  const bytes = line.subarray(82)
  const ref = bytes.toString('utf8')
  const isTaken =
    // A line that names no oids is the rest of a name with a line end in it.
    oldOid !== null &&
    newOid !== null &&
    bytes.length <= limits.refNameBytesMax &&
    Buffer.from(ref).equals(bytes) &&
    ref.startsWith('refs/') &&
    !`${ref}/`.startsWith(`${hiddenRefs}/`) &&
    !/\p{Cc}/u.test(ref)
  if (isTaken) return { ref, oldOid, newOid }
  return new SlipwayError('ref_name_refused', { ref: ref.slice(0, limits.refNameBytesMax) })
}

/**
 * The environment by which another process sees the objects of the push. The folder's name is
 * checked, because environments decide what a process runs.
 */
export function buildQuarantine(
  repositoryDir: string,
  quarantineDir: string,
): Readonly<Record<string, string>> {
  // A push that only deletes brings no objects.
  if (quarantineDir === '') return {}
  const name = quarantineDir.slice(quarantineDir.lastIndexOf('/') + 1)
  if (!/^(?:tmp_objdir-)?incoming-[A-Za-z0-9]+$/.test(name)) {
    throw new Error('git keeps the objects of a push in a folder of an unknown name')
  }
  const objectsDir = `${repositoryDir}/objects`
  return {
    GIT_QUARANTINE_PATH: `${objectsDir}/${name}`,
    GIT_OBJECT_DIRECTORY: `${objectsDir}/${name}`,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: objectsDir,
  }
}

/** The packets up to the next flush. */
async function readSection(channel: HookChannel): Promise<readonly Buffer[]> {
  const packets: Buffer[] = []
  for (;;) {
    const packet = await channel.readPacket()
    if (packet === null) throw new Error('proc-receive ended in the middle of a word')
    if (packet.kind === 'flush') return packets
    packets.push(packet.data)
  }
}

async function readLineOrThrow(channel: HookChannel): Promise<Buffer> {
  const line = await channel.readLine()
  if (line === null) throw new Error('pre-receive ended in the middle of a word')
  return line
}

function splitWord(line: Buffer): readonly [string, Buffer] {
  const space = line.indexOf(0x20)
  return space < 0
    ? [line.toString('latin1'), Buffer.alloc(0)]
    : [line.toString('latin1', 0, space), line.subarray(space + 1)]
}

function expectLine(line: Buffer, text: string): void {
  if (line.toString('latin1') !== text) throw new Error(`a hook said no ${text}`)
}
