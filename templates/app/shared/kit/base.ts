/** Where the app lives on its host: `/`, or a sub-directory such as `/apps/shop/`. */

/** Read from `<meta name="base">`, which is written when the page is published. */
export function readBase(page: Document = document): string {
  const content = page.querySelector<HTMLMetaElement>('meta[name="base"]')?.content ?? '/'
  return /^\/(?:[\w.-]+\/)*$/.test(content) ? content : '/'
}

/** The addresses of the app's pages, below the base. */
export const paths = {
  home: '/',
  list: (table: string) => `/tables/${table}`,
  create: (table: string) => `/tables/${table}/new`,
  detail: (table: string, id: string | number) => `/tables/${table}/rows/${encodeId(id)}`,
  edit: (table: string, id: string | number) => `/tables/${table}/rows/${encodeId(id)}/edit`,
}

function encodeId(id: string | number): string {
  return encodeURIComponent(String(id).toWellFormed())
}
