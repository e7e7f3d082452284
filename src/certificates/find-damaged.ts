/** Certificates that visitors should get, and do not: their files are gone, or cut short. */
import type { CertificateRecord, CertificateStore } from '../contracts.ts'
import type { CertificateFiles } from './certificate-files.ts'
import { type CertificateName, folderNameOf } from './names.ts'

/** So few are read of the database at once that nobody waits for it. */
const pageSize = 200

export async function* findDamaged(
  { store, files }: { readonly store: CertificateStore; readonly files: CertificateFiles },
  ending: AbortSignal,
): AsyncGenerator<CertificateName> {
  for (const { name, notAfter } of readPages(store)) {
    if (notAfter !== null && (await files.read(folderNameOf(name))) === null) yield name
    if (ending.aborted) return
  }
}

function* readPages(store: CertificateStore): Generator<CertificateRecord> {
  for (let after: string | undefined = ''; after !== undefined;) {
    const page = store.page(after, pageSize)
    yield* page
    after = page.at(-1)?.name
  }
}
