/**
 * The words that start a program of Slipway's own behind the walls of builds: it handles strangers'
 * texts, and has nothing to write and nobody to ask. Pure, as sandbox-command.ts is.
 */
import { limits } from '../config.ts'
import type { SandboxedProgram } from '../contracts/sandboxed-processes.ts'

const nodeInside = '/opt/node'

/** bubblewrap's options; `nodePath` is the host's. */
export function buildProgramSandboxOptions(
  { readable }: Pick<SandboxedProgram, 'readable'>,
  nodePath: string,
): readonly string[] {
  return [
    // Named before --unshare-all, which only tries it; --disable-userns insists on it.
    ['--unshare-user', '--unshare-all', '--disable-userns', '--die-with-parent'],
    ['--new-session', '--cap-drop', 'ALL', '--uid', '1000', '--gid', '1000'],
    ['--hostname', 'build', '--clearenv'],
    ['--size', String(limits.sandboxRootBytesMax), '--tmpfs', '/'],
    ['--ro-bind', '/usr', '/usr'],
    ...['bin', 'sbin', 'lib', 'lib64'].map((name) => ['--symlink', `usr/${name}`, `/${name}`]),
    ['--ro-bind', nodePath, `${nodeInside}/bin/node`],
    ['--proc', '/proc', '--dev', '/dev', '--remount-ro', '/dev'],
    // What is in /usr is there already, and could not be put there: it is read-only.
    ...readable
      .filter((path) => !path.startsWith('/usr/'))
      .map((path) => ['--ro-bind', path, path]),
    ['--chdir', '/', '--remount-ro', '/'],
  ].flat()
}

/** The words for Node; `nodePath` is null for the one inside. */
export function buildProgramCommand(
  { script, args, memoryBytesMax }: Omit<SandboxedProgram, 'readable'>,
  nodePath: string | null,
): readonly string[] {
  const node = nodePath ?? `${nodeInside}/bin/node`
  const heapMegabytes = Math.floor(memoryBytesMax / 1024 ** 2)
  return [node, `--max-old-space-size=${heapMegabytes}`, script, ...args]
}
