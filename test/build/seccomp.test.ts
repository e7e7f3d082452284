import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildSeccompFilter } from '../../src/build/seccomp.ts'
import { type BuildLab, startBuildLab } from '../tools/build-lab.ts'

let lab: BuildLab
beforeAll(async () => {
  lab = await startBuildLab()
})
afterAll(async () => lab[Symbol.asyncDispose]())

const EPERM = 1
const ENOSYS = 38
const EAFNOSUPPORT = 97
/** Numbers and arguments of calls on x64. The kernel itself would answer most of them otherwise. */
const calls = {
  'ptrace(PTRACE_TRACEME)': ['101, 0, 0, 0, 0', EPERM],
  'keyctl(GET_KEYRING_ID, user)': ['250, 0, -4, 1', EPERM],
  'userfaultfd(USER_MODE_ONLY)': ['323, 1', EPERM],
  'io_uring_setup(0)': ['425, 0, 0', EPERM],
  'unshare(0)': ['272, 0', EPERM],
  'personality(read)': ['135, 0xffffffff', EPERM],
  'clone(NEWUSER)': ['56, 0x10000011, 0, 0, 0, 0', EPERM],
  'clone3()': ['435, 0, 0', ENOSYS],
  'a call that is not known here': ['470, 0, 0', ENOSYS],
  'getpid of x32': ['0x40000027', ENOSYS],
  'socket(AF_VSOCK)': ['41, 40, 1, 0', EAFNOSUPPORT],
  'socket(AF_ALG)': ['41, 38, 5, 0', EAFNOSUPPORT],
  'socket(AF_NETLINK, NETLINK_NETFILTER)': ['41, 16, 3, 12', EAFNOSUPPORT],
  'socket(AF_NETLINK, NETLINK_ROUTE)': ['41, 16, 3, 0', 0],
  'socket(AF_UNIX)': ['41, 1, 1, 0', 0],
  'socket(AF_INET)': ['41, 2, 1, 0', 0],
  'socket(AF_INET6)': ['41, 10, 1, 0', 0],
  'getpid()': ['39', 0],
} as const

test.runIf(process.arch === 'x64')(
  'a build is refused the system calls that it has no use for',
  async () => {
    const script = Object.values(calls)
      .map(([words]) => `$! = 0; syscall(${words}) < 0 ? print $! + 0, "\\n" : print "0\\n";`)
      .join(' ')
    const command = ['perl', '-e', script]
    const { stdout } = await lab.run(await lab.open('calls'), { command })
    const answers = Object.keys(calls).map((name, index) => [name, Number(stdout[index])])
    expect(answers).toEqual(Object.entries(calls).map(([name, [, answer]]) => [name, answer]))
  },
)

test('programs that builds use still fork, make pipes with names and see their interfaces', async () => {
  const script =
    'mkfifo pipe && (echo through > pipe & cat pipe) && node -p "Object.keys(os.networkInterfaces()).length" && bash -c "ulimit -n"'
  const { exitCode, stdout } = await lab.run(await lab.open('used'), {
    command: ['sh', '-c', script],
  })
  expect([exitCode, stdout.slice(0, 1)]).toEqual([0, ['through']])
})

test('there is a filter for the two processors that are known, and no jump leads out of it', () => {
  for (const processor of ['x64', 'arm64']) {
    const program = buildSeccompFilter(processor) ?? Buffer.alloc(0)
    const count = program.length / 8
    expect(count).toBeGreaterThan(100)
    for (let at = 0; at < count; at += 1) {
      const isJump = (program.readUInt16LE(at * 8) & 7) === 5
      const furthest = Math.max(program.readUInt8(at * 8 + 2), program.readUInt8(at * 8 + 3))
      if (isJump) expect(at + 1 + furthest).toBeLessThan(count)
    }
    expect(program.readUInt32LE(program.length - 4)).toBe(0x7fff_0000)
  }
  expect(buildSeccompFilter('riscv64')).toBe(null)
})
