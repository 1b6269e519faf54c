/* The work on recordings: what moves is asked for every two to ten seconds. */
(() => {
  const FASTEST_MS = 2000;
  const SLOWEST_MS = 10000;
  const list = document.querySelector('[data-jobs]');
  let wait = FASTEST_MS;
  let last = '';

  const part = (row, role) => row.querySelector(`[data-role="${role}"]`);

  function tell(row, role, text) {
    const place = part(row, role);
    // A screen reader repeats whatever is written, the same text too.
    if (place.textContent !== text) {
      place.textContent = text;
    }
    place.hidden = text === '';
  }

  function show(row, job) {
    const moves = job.percent !== null;
    tell(row, 'label', job.label);
    tell(row, 'percent', moves ? `${job.percent} %` : '');
    tell(row, 'left', job.left);
    tell(row, 'attempt', job.attempt > 1 ? part(row, 'attempt').dataset.text.replace('{n}', job.attempt) : '');
    tell(row, 'reason', job.reason);
    part(row, 'bar').hidden = !moves;
    part(row, 'bar').value = job.percent || 0;
    for (const [role, may] of [['retry', job.can_retry], ['cancel', job.can_cancel]]) {
      const form = part(row, role);
      if (form) {
        form.hidden = !may;
      }
    }
    row.dataset.jobOver = String(job.is_over);
  }

  async function refresh() {
    const moving = [...list.querySelectorAll('[data-job-over="false"]')];
    if (moving.length === 0 || document.hidden) {
      return;
    }
    const query = moving.map((row) => `key=${encodeURIComponent(row.dataset.job)}`).join('&');
    const response = await fetch(`${list.dataset.jobs}?${query}`, { headers: { Accept: 'application/json' } });
    if (!response.ok) {
      throw new Error(String(response.status));
    }
    const text = await response.text();
    wait = text === last ? Math.min(SLOWEST_MS, wait * 1.5) : FASTEST_MS;
    last = text;
    for (const job of JSON.parse(text).jobs) {
      moving.filter((row) => row.dataset.job === job.key).forEach((row) => show(row, job));
    }
  }

  function keepFresh() {
    window.setTimeout(() => {
      refresh()
        .catch(() => {
          wait = SLOWEST_MS;
        })
        .finally(keepFresh);
    }, wait);
  }

  if (list) {
    keepFresh();
  }
})();
