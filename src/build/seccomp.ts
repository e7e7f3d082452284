/**
 * The system calls that a build may not make, as the program that the kernel runs before each one
 * (classic BPF, seccomp(2)). A build needs none of them, and most holes of the kernel lie there.
 */

/** Null for a processor whose numbers are not known here; the sandbox's other walls stand then. */
export function buildSeccompFilter(processor: string): Buffer | null {
  const column = processor === 'x64' ? 0 : processor === 'arm64' ? 1 : null
  if (column === null) return null
  const pick = (numbers: readonly [number, number]): number => numbers[column]
  const denied = Object.values(deniedCalls)
    .map(pick)
    .filter((number) => number >= 0)
  return encode([
    load(offsetOfArchitecture),
    ...unlessEqual(pick(auditNumbers), answer(killProcess)),
    load(offsetOfNumber),
    // The x32 calls of x64 would be a way around the numbers below.
    ...(column === 0 ? whenAtLeast(0x4000_0000, answer(fail(ENOSYS))) : []),
    ...whenAtLeast(numbersKnown, answer(fail(ENOSYS))),
    ...denied.flatMap((number) => whenEqual(number, answer(fail(EPERM)))),
    // Its flags lie in memory that a filter can't read; the C library falls back to clone().
    ...whenEqual(clone3, answer(fail(ENOSYS))),
    ...whenEqual(
      pick(clone),
      load(offsetOfArgument(0)),
      ...whenAnyBit(namespaceFlags, answer(fail(EPERM))),
      answer(allow),
    ),
    ...whenEqual(
      pick(ioctl),
      load(offsetOfArgument(1)),
      ...terminalInputs.flatMap((request) => whenEqual(request, answer(fail(EPERM)))),
      answer(allow),
    ),
    ...whenEqual(pick(socket), ...judgeSocket()),
    answer(allow),
  ])
}

/** Numbers on x64 and arm64; -1 where the processor has no such call. */
const deniedCalls: Readonly<Record<string, readonly [number, number]>> = {
  // Other processes
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  kcmp: [312, 272],
  pidfd_getfd: [438, 438],
  // Keys of the user, which cross every namespace
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  // Large parts of the kernel that a build has no use for
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  vmsplice: [278, 75],
  memfd_secret: [447, 447],
  fanotify_init: [300, 262],
  fanotify_mark: [301, 263],
  mbind: [237, 235],
  set_mempolicy: [238, 237],
  migrate_pages: [256, 238],
  move_pages: [279, 239],
  // Mounts and namespaces
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  unshare: [272, 97],
  setns: [308, 268],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  open_tree_attr: [467, 467],
  open_by_handle_at: [304, 265],
  name_to_handle_at: [303, 264],
  // The machine itself
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  clock_adjtime: [305, 266],
  adjtimex: [159, 171],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  syslog: [103, 116],
  vhangup: [153, 58],
  // What only old programs use
  personality: [135, 92],
  iopl: [172, -1],
  ioperm: [173, -1],
  modify_ldt: [154, -1],
  uselib: [134, -1],
  ustat: [136, -1],
  sysfs: [139, -1],
  _sysctl: [156, -1],
  lookup_dcookie: [212, 18],
  nfsservctl: [180, 42],
}

const auditNumbers = [0xc000_003e, 0xc000_00b7] as const
const clone = [56, 220] as const
const ioctl = [16, 29] as const
const socket = [41, 198] as const
const clone3 = 435
/** Calls from here on are newer than this list. */
const numbersKnown = 470
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const namespaceFlags = 0x7e02_0000
/** TIOCSTI and TIOCLINUX type into the terminal of whoever started the server. */
const terminalInputs = [0x5412, 0x541c] as const
const socketFamilies = { unix: 1, inet: 2, inet6: 10 } as const
const netlinkFamily = 16

/** Sockets of the internet and of files; of netlink only what lists the network interfaces. */
function judgeSocket(): readonly Instruction[] {
  return [
    load(offsetOfArgument(0)),
    ...Object.values(socketFamilies).flatMap((family) => whenEqual(family, answer(allow))),
    ...whenEqual(
      netlinkFamily,
      load(offsetOfArgument(2)),
      ...whenEqual(0, answer(allow)),
      answer(fail(EAFNOSUPPORT)),
    ),
    answer(fail(EAFNOSUPPORT)),
  ]
}

/** One instruction of classic BPF: sock_filter of linux/filter.h. */
interface Instruction {
  readonly code: number
  readonly ifTrue: number
  readonly ifFalse: number
  readonly value: number
}

const [EPERM, ENOSYS, EAFNOSUPPORT] = [1, 38, 97]
const allow = 0x7fff_0000
const killProcess = 0x8000_0000
const offsetOfNumber = 0
const offsetOfArchitecture = 4

/** The low half of an argument, which is all of it for the ones that are looked at here. */
function offsetOfArgument(index: number): number {
  return 16 + 8 * index
}

function fail(errorNumber: number): number {
  return 0x0005_0000 | errorNumber
}

function load(offset: number): Instruction {
  return { code: 0x20, ifTrue: 0, ifFalse: 0, value: offset }
}

function answer(value: number): Instruction {
  return { code: 0x06, ifTrue: 0, ifFalse: 0, value }
}

function whenEqual(value: number, ...body: readonly Instruction[]): readonly Instruction[] {
  return [{ code: 0x15, ifTrue: 0, ifFalse: body.length, value }, ...body]
}

function unlessEqual(value: number, ...body: readonly Instruction[]): readonly Instruction[] {
  return [{ code: 0x15, ifTrue: body.length, ifFalse: 0, value }, ...body]
}

function whenAtLeast(value: number, ...body: readonly Instruction[]): readonly Instruction[] {
  return [{ code: 0x35, ifTrue: 0, ifFalse: body.length, value }, ...body]
}

function whenAnyBit(value: number, ...body: readonly Instruction[]): readonly Instruction[] {
  return [{ code: 0x45, ifTrue: 0, ifFalse: body.length, value }, ...body]
}

/** Both processors are little-endian. */
function encode(instructions: readonly Instruction[]): Buffer {
  const program = Buffer.alloc(instructions.length * 8)
  for (const [index, { code, ifTrue, ifFalse, value }] of instructions.entries()) {
    program.writeUInt16LE(code, index * 8)
    program.writeUInt8(ifTrue, index * 8 + 2)
    program.writeUInt8(ifFalse, index * 8 + 3)
    program.writeUInt32LE(value, index * 8 + 4)
  }
  return program
}
