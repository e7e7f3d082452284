import { describe, expect, test } from 'vitest'
import { limits } from '../../src/config.ts'
import type { ArrivedPush } from '../../src/contracts.ts'
import { parseProjectId, parseSlug, toOid, zeroOid } from '../../src/domain/names.ts'
import { defaultProjectSettings } from '../../src/domain/project.ts'
import { buildUnpackArguments } from '../../src/git/checkout.ts'
import { buildGitCommand } from '../../src/git/git-command.ts'
import { renderReport } from '../../src/git/hook-channel.ts'
import { PacketMeter } from '../../src/git/packet-meter.ts'
import { readPacket, renderPacket } from '../../src/git/pkt-line.ts'
import { buildQuarantine, readRefCommand } from '../../src/git/push-reading.ts'
import { completeReports, refuseUninspected } from '../../src/git/push-reports.ts'
import { buildServiceCommand } from '../../src/git/smart-http.ts'
import { toTerminalLine, toTerminalLines } from '../../src/git/terminal-text.ts'
import { parseTreeLine } from '../../src/git/tree-listing.ts'

const place = { repositoryDir: '/srv/repos/1.git', hooksDir: '/srv/hooks', limits }
const oid = toOid('a'.repeat(40)) ?? zeroOid

describe('a command line of git', () => {
  test('carries every guard, and nothing of the operator', () => {
    const command = buildGitCommand(place, ['gc'])
    const guards = command.args.filter((_, index) => command.args[index - 1] === '-c')
    expect(command.args.at(-1)).toBe('gc')
    expect(guards).toContain('safe.directory=/srv/repos/1.git')
    expect(guards).toContain('core.hooksPath=/srv/hooks')
    expect(guards).toContain('transfer.fsckObjects=true')
    expect(guards).toContain('receive.procReceiveRefs=refs')
    expect(guards).toContain('protocol.allow=never')
    expect(guards).toContain(`receive.maxInputSize=${limits.pushBytesMax}`)
    expect(command.environment).toMatchObject({
      HOME: '/nonexistent',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
    })
  })

  test('for a fetch starts no hook, and for a push does', () => {
    const fetching = buildServiceCommand(
      { kind: 'rpc', service: 'git-upload-pack' },
      'version=2',
      place,
    )
    expect(fetching.args.slice(-4)).toEqual([
      'upload-pack',
      '--strict',
      '--stateless-rpc',
      '/srv/repos/1.git',
    ])
    expect(fetching.environment['GIT_PROTOCOL']).toBe('version=2')
    expect(fetching.environment['SLIPWAY_PUSH']).toBeUndefined()
    const asking = { kind: 'info-refs', service: 'git-receive-pack' } as const
    expect(buildServiceCommand(asking, null, place).args).toContain('--http-backend-info-refs')
    const pushing = { kind: 'rpc', service: 'git-receive-pack' } as const
    expect(buildServiceCommand(pushing, null, place).environment['SLIPWAY_PUSH']).toBe('1')
  })

  test('for unpacking keeps no owner and no mode', () => {
    expect(buildUnpackArguments('/b')).toEqual([
      '-x',
      '--no-same-owner',
      '--no-same-permissions',
      '-f',
      '-',
      '-C',
      '/b',
    ])
  })
})

describe('a packet line', () => {
  test('counts bytes, not characters', () => {
    expect(renderPacket('ok refs/heads/é')).toBe('0014ok refs/heads/é')
  })

  test('is read once it is whole', () => {
    const bytes = Buffer.from('0006a\n0000x')
    expect(readPacket(bytes.subarray(0, 3))).toBeNull()
    expect(readPacket(bytes.subarray(0, 5))).toBeNull()
    const first = readPacket(bytes)
    expect(first?.packet).toEqual({ kind: 'data', data: Buffer.from('a\n') })
    expect(readPacket(first?.rest ?? Buffer.alloc(0))).toEqual({
      packet: { kind: 'flush' },
      rest: Buffer.from('x'),
    })
  })

  test.each(['0001', '0003', 'zzzz', '-001', '00 1'])('never starts with %s', (digits) => {
    expect(() => readPacket(Buffer.from(`${digits}xxxx`))).toThrow('packet')
  })
})

describe('the packets before a pack', () => {
  test('are measured however they are cut, and the pack is not', () => {
    const head = Buffer.from('0006a\n0000000aoption0000')
    const body = Buffer.concat([head, Buffer.from('PACK'), Buffer.alloc(1_000)])
    for (const size of [1, 2, 3, 5, 7, 2_000]) {
      const meter = new PacketMeter()
      let bytes = 0
      for (let at = 0; at < body.length; at += size) {
        bytes = meter.take(body.subarray(at, at + size))
      }
      expect(bytes).toBe(head.length + 'PACK'.length)
    }
  })
})

describe('a line for the terminal', () => {
  test('is split where lines end', () => {
    expect(toTerminalLines('a\r\nb\nc\rd', 80)).toEqual(['a', 'b', 'c', 'd'])
  })

  test('keeps tabulators and every script, and no control', () => {
    expect(toTerminalLines('\té ₁ 🚀\u0000\u001b[1m\u009b\u007f\u2028\u2066', 80)).toEqual([
      '\té ₁ 🚀\uFFFD\uFFFD[1m\uFFFD\uFFFD\uFFFD\uFFFD',
    ])
  })

  test('is cut, and never through a character', () => {
    expect(toTerminalLines('abcdef', 4)).toEqual(['abc…'])
    expect(toTerminalLines('ab🚀cd', 4)).toEqual(['ab\uFFFD…'])
  })

  test('stays one line beside a ref', () => {
    expect(toTerminalLine(' a\n\n b\t c ', 80)).toBe('a b c')
  })
})

describe('what git says of a push', () => {
  test('is a ref with two object ids', () => {
    const line = `${zeroOid} ${oid} refs/heads/a b'é`
    expect(readRefCommand(Buffer.from(line), limits)).toEqual({
      ref: "refs/heads/a b'é",
      oldOid: zeroOid,
      newOid: oid,
    })
  })

  test.each(['refs/slipway', 'refs/slipway/x', 'HEAD', '', 'refs/heads/\u0085', 'refs/heads/\t'])(
    'may not name %j',
    (ref) => {
      const command = readRefCommand(Buffer.from(`${zeroOid} ${oid} ${ref}`), limits)
      expect(command).toMatchObject({ code: 'ref_name_refused' })
    },
  )

  test('names a quarantine of this repository, whatever folder it claims', () => {
    expect(buildQuarantine('/srv/1.git', '/elsewhere/tmp_objdir-incoming-AbC123')).toEqual({
      GIT_QUARANTINE_PATH: '/srv/1.git/objects/tmp_objdir-incoming-AbC123',
      GIT_OBJECT_DIRECTORY: '/srv/1.git/objects/tmp_objdir-incoming-AbC123',
      GIT_ALTERNATE_OBJECT_DIRECTORIES: '/srv/1.git/objects',
    })
    for (const path of ['/srv/1.git/objects', 'tmp_objdir-incoming-../x', '/x/incoming-']) {
      expect(() => buildQuarantine('/srv/1.git', path)).toThrow('unknown name')
    }
  })

  test('of a file in a tree has five parts', () => {
    expect(parseTreeLine(`100644 blob ${oid}      12\ta\tb\nc`)).toEqual({
      path: 'a\tb\nc',
      type: 'blob',
      mode: '100644',
      oid,
      bytes: 12,
    })
    expect(() => parseTreeLine('100644 blob x 1\ta')).toThrow()
  })
})

describe('what git is told of a push', () => {
  test('says who moves the ref', () => {
    const ref = 'refs/heads/main'
    expect(renderReport({ ref, verdict: 'move' })).toEqual([`ok ${ref}`, 'option fall-through'])
    expect(renderReport({ ref, verdict: 'done' })).toEqual([`ok ${ref}`])
    const decline = { ref, verdict: 'decline', reason: 'a\nok refs/x' } as const
    expect(renderReport(decline)).toEqual([`ng ${ref} a ok refs/x`])
    expect(renderReport({ ...decline, reason: ' \n' })).toEqual([`ng ${ref} declined`])
  })

  test('has one report for each ref that git asked for, and no other', () => {
    const push = makePush(['refs/heads/a', 'refs/heads/b'])
    expect(
      completeReports(push, [
        { ref: 'refs/heads/x', verdict: 'move' },
        { ref: 'refs/heads/b', verdict: 'move' },
      ]),
    ).toEqual([
      { ref: 'refs/heads/a', verdict: 'decline', reason: 'not answered' },
      { ref: 'refs/heads/b', verdict: 'move' },
    ])
  })

  test('declines what was never inspected, and an atomic push of which git declined a part', () => {
    const inspected = makePush(['refs/heads/a', 'refs/heads/b'])
    const part = makePush(['refs/heads/a'])
    expect(refuseUninspected(inspected, inspected)).toBeNull()
    expect(refuseUninspected(inspected, part)).toBeNull()
    expect(refuseUninspected(inspected, { ...part, atomic: true })).toHaveLength(1)
    expect(refuseUninspected(part, inspected)).toHaveLength(2)
  })
})

function makePush(refs: readonly string[]): ArrivedPush {
  return {
    id: 'push',
    project: {
      id: parseProjectId('1'),
      slug: parseSlug('shop'),
      name: 'Shop',
      schemaName: null,
      framework: null,
      productionBranch: 'main',
      settings: defaultProjectSettings,
      createdAt: new Date(0),
    },
    actor: 'test',
    from: { tokenId: 'its token', address: '127.0.0.1', requestId: 'r' },
    commands: refs.map((ref) => ({ ref, oldOid: zeroOid, newOid: oid })),
    options: [],
    quarantine: {},
    atomic: false,
  }
}
