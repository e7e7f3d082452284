// One headless Chromium for the tests that look at pages: Debian's, with nothing of its own to say
// to the network.
import { type Browser, chromium } from 'playwright-core'
import { patienceMs } from './patience.ts'

/**
 * `environment` stands beside what the test has; Chromium looks for trusted roots in its HOME. `words`
 * are further ones of its command line.
 */
export async function launchBrowser(
  environment: Readonly<Record<string, string>> = {},
  words: readonly string[] = [],
): Promise<Browser> {
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  )
  const browser = await chromium.launch({
    env: { ...Object.fromEntries(inherited), ...environment },
    executablePath: '/usr/bin/chromium',
    args: [
      // Chromium's sandbox can't start as root, and the tests run as root in CI.
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...words,
    ],
    timeout: patienceMs,
  })
  return browser.on('context', (context) => {
    context.setDefaultTimeout(patienceMs)
  })
}
