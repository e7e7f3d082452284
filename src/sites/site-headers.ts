/** The headers that each file of a site is sent with, unless the site says otherwise. */

export interface SiteHeader {
  readonly name: string
  readonly value: string
}

export const siteHeaders: readonly SiteHeader[] = [
  { name: 'X-Content-Type-Options', value: 'nosniff' },
  { name: 'X-Frame-Options', value: 'SAMEORIGIN' },
  { name: 'Referrer-Policy', value: 'strict-origin-when-cross-origin' },
  {
    name: 'Permissions-Policy',
    value: 'camera=(self), microphone=(self), geolocation=(self), payment=(self), usb=(self)',
  },
]

/** By what is sent: a page, or a file whose name changes with its content. */
export const siteCaches = {
  page: 'no-cache',
  asset: 'public, max-age=31536000, immutable',
} as const
export type SiteCache = keyof typeof siteCaches
