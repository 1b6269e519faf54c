/* Lectures in the admin: live states of what is being prepared, and the progress of an upload. */
(() => {
  const FASTEST_MS = 2000;
  const SLOWEST_MS = 10000;
  let wait = FASTEST_MS;
  let last = '';

  const part = (root, role) => root.querySelector(`[data-role="${role}"]`);

  function show(root, state) {
    part(root, 'label').textContent = state.label;
    for (const role of ['bar', 'percent']) {
      part(root, role).hidden = state.percent === null;
    }
    if (state.percent !== null) {
      part(root, 'bar').value = state.percent;
      part(root, 'percent').textContent = `${state.percent} %`;
    }
    const cancel = part(root, 'cancel');
    if (cancel) {
      cancel.hidden = state.is_over;
    }
    part(root, 'reason').textContent = state.reason;
    part(root, 'reason').hidden = state.reason === '';
    document.querySelectorAll(`[data-lecture-length="${state.pk}"]`).forEach((cell) => {
      cell.textContent = state.length;
    });
    root.dataset.lectureState = state.state;
    root.dataset.lectureOver = String(state.is_over);
    if (state.is_over && root.dataset.lectureReload) {
      window.location.reload();
    }
  }

  async function refresh() {
    const moving = [...document.querySelectorAll('[data-lecture-over="false"]')];
    if (moving.length === 0 || document.hidden) {
      return;
    }
    const query = moving.map((root) => `pk=${encodeURIComponent(root.dataset.lecture)}`).join('&');
    const response = await fetch(`${moving[0].dataset.lectureUrl}?${query}`, { headers: { Accept: 'application/json' } });
    if (!response.ok) {
      throw new Error(String(response.status));
    }
    const text = await response.text();
    // Nothing moved: ask less often, up to every ten seconds.
    wait = text === last ? Math.min(SLOWEST_MS, wait * 1.5) : FASTEST_MS;
    last = text;
    for (const state of JSON.parse(text).states) {
      moving.filter((root) => root.dataset.lecture === String(state.pk)).forEach((root) => show(root, state));
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

  function upload(form) {
    const button = form.querySelector('button[type="submit"]');
    const progress = part(form, 'progress');
    const percent = part(form, 'percent');
    const bar = progress.querySelector('progress');

    function tell(errors) {
      form.querySelectorAll('[data-error-for]').forEach((place) => {
        const texts = errors[place.dataset.errorFor] || [];
        place.textContent = texts.join(' ');
        place.hidden = texts.length === 0;
      });
      const first = form.querySelector('[data-error-for]:not([hidden])');
      if (first) {
        first.scrollIntoView({ block: 'center' });
      }
      button.disabled = false;
      progress.hidden = true;
    }

    function answered(request) {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch (error) {
        answer = {};
      }
      if (answer.location) {
        window.location.assign(answer.location);
      } else {
        tell(answer.errors || { __all__: [answer.message || form.dataset.refused] });
      }
    }

    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const request = new XMLHttpRequest();
      request.open('POST', form.action || window.location.href);
      request.setRequestHeader('X-Requested-With', 'XMLHttpRequest');
      request.setRequestHeader('Accept', 'application/json');
      request.upload.addEventListener('progress', ({ lengthComputable, loaded, total }) => {
        if (lengthComputable) {
          bar.value = (100 * loaded) / total;
          percent.textContent = loaded < total ? `${Math.floor((100 * loaded) / total)} %` : form.dataset.sent;
        }
      });
      request.addEventListener('load', () => answered(request));
      request.addEventListener('error', () => tell({ __all__: [form.dataset.broken] }));
      tell({});
      button.disabled = true;
      bar.value = 0;
      percent.textContent = '';
      progress.hidden = false;
      request.send(new FormData(form));
    });
  }

  document.querySelectorAll('form[data-lecture-upload]').forEach(upload);
  keepFresh();
})();
