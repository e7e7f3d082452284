// One headless Chromium for the tests that look at pages: Debian's, with nothing of its own to say
// to the network.
import { type Browser, chromium } from 'playwright-core'

export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
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
    ],
  })
}
