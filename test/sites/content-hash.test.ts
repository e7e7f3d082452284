// Which names may be cached for ever: the real ones of the tools people use, and look-alikes.
import { expect, it } from 'vitest'
import { isContentHashed } from '../../src/sites/content-hash.ts'

const hashed = [
  'assets/index-BkX3a9_z.js',
  'assets/index-D-x_9aBc.css',
  'assets/index--Zk3a9Bz.js',
  'assets/logo-BqLzXwRt.svg',
  'assets/index-legacy-C7aBs1kQ.js',
  'assets/root-BkX3a9_z.js',
  'assets/app.CwXk3_9a.js',
  'assets/index.md.BkX3a9_z.lean.js',
  'static/js/main.3f2a9b1c.js',
  'static/js/main.3f2a9b1c.js.map',
  'static/js/787.1d2f3a4b.chunk.js',
  'static/css/main.3f2a9b1c.css',
  'static/media/logo.6ce24c58023cc2f8fd88.svg',
  'static/js/main.83746152.js',
  'chunk.abcdef12.js',
  'js/app.1a2b3c4d.js',
  'runtime~main.1a2b3c4d.js',
  '_next/static/chunks/pages/index-0a1b2c3d4e5f6a7b.js',
  '_next/static/css/0a1b2c3d4e5f6a7b.css',
  '_next/static/media/c9a5bc6a7c948fb0-s.p.woff2',
  '_astro/index.BkX3a9_z.css',
  '_nuxt/BkX3a9_z.js',
  '_app/immutable/chunks/scheduler.js',
  'app-0a1b2c3d4e5f6a7b8c9d.js',
  'main-5QPLZ6XN.js',
  'chunk-ABCDEFGH.js',
  '3f2a9b1c4d5e6f708192.png',
  'main.3f2a9b1c.js.gz',
]

const plain = [
  'index.html',
  'index-BkX3a9_z.html',
  'jquery-3.6.0.min.js',
  'bootstrap-5.3.0-alpha1.min.css',
  'lodash-4.17.21.js',
  'my-component.js',
  'my-elements.js',
  'my-TableRow.js',
  'plugin-jQueryUI.js',
  'index-page.js',
  'vendor-base64js.js',
  'changelog-v2-notes.js',
  'app-version2.js',
  'phone-iPhone15.png',
  'photo-20240101.jpg',
  'photo-12345678.jpg',
  'IMG-20240101-WA0001.jpg',
  'main.20240131.js',
  'banner-1024x768.png',
  'photo-550e8400-e29b-41d4-a716-446655440abc.jpg',
  'photo-holiday1.jpg',
  'react.production.min.js',
  'LICENSE-OVERVIEW.txt',
  'docs-OVERVIEW.pdf',
  'service-worker.js',
  'sw.js',
  'manifest.webmanifest',
  'favicon.ico',
  'robots.txt',
  'deadbeef.png',
  'assets/icon-download.svg',
  'assets/hero-homepage.png',
  'assets/photo-mountain.jpg',
  'assets/my-TableRow.js',
  'assets/bootstrap-datepicker.js',
  'assets/team-anna-lea.jpg',
  'assets/vendor-base64js.js',
  'assets/track-01-Intro.mp3',
  'assets/screen-1024x768.png',
  'logo',
  'assets/index-BkX3a9_z',
  '',
]

it.each(hashed)('%s is taken for content-hashed', (path) => {
  expect(isContentHashed(path)).toBe(true)
})

it.each(plain)('%s is not taken for content-hashed', (path) => {
  expect(isContentHashed(path)).toBe(false)
})
