/** Starts a plain git server (plain-server.ts), with or without a hook that archives and swaps. */
import { once } from 'node:events'
import { copyFile, mkdir, readlink, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { endGroup, startProcess } from '../src/machine/run-command.ts'

export interface PlainRemote extends AsyncDisposable {
  readonly url: string
  /** The commit whose files the link names; null where no hook has put any there. */
  readonly live: () => Promise<string | null>
}

/** What many have on their servers: unpack the commit beside the last one, then swap a link. */
const archiveAndSwap = `#!/bin/sh
set -e
site=$(dirname "$PWD")/site
while read -r old new ref; do
  mkdir -p "$site/releases/$new"
  git archive "$new" | tar -x -C "$site/releases/$new"
  ln -s "releases/$new" "$site/current.new"
  mv -T "$site/current.new" "$site/current"
done
`
const ourHooks = resolve(import.meta.dirname, '../hooks')

export async function startPlainRemote(
  folder: string,
  {
    transport,
    hook,
  }: { readonly transport: 'ours' | 'bare'; readonly hook: 'archive-and-swap' | 'none' },
): Promise<PlainRemote> {
  const hooksDir = join(folder, 'hooks')
  await mkdir(hooksDir, { recursive: true })
  if (transport === 'ours') {
    for (const name of ['pre-receive', 'proc-receive']) {
      await copyFile(join(ourHooks, name), join(hooksDir, name))
    }
  }
  if (hook === 'archive-and-swap') {
    await writeFile(join(hooksDir, 'post-receive'), archiveAndSwap, { mode: 0o755 })
  }
  const server = join(import.meta.dirname, 'plain-server.ts')
  const child = startProcess(
    { program: process.execPath, args: [server, join(folder, 'plain.git'), hooksDir, transport] },
    ['ignore', 'pipe', 'inherit'],
  )
  if (child.stdout === null) throw new Error('no pipe')
  const [port] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return {
    url: `http://x:secret@127.0.0.1:${port}/plain.git`,
    live: async () =>
      (await readlink(join(folder, 'site/current')).catch(() => null))?.slice('releases/'.length) ??
      null,
    [Symbol.asyncDispose]: async () => {
      const closed = once(child, 'close')
      endGroup(child)
      await closed
    },
  }
}
